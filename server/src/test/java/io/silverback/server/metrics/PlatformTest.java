package io.silverback.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlatformTest {
  @Test
  void namesAreGos() {
    assertEquals("linux/amd64", Platform.of("Linux", "amd64").toString());
    assertEquals("linux/arm64", Platform.of("Linux", "aarch64").toString());
    assertEquals("darwin/amd64", Platform.of("Mac OS X", "x86_64").toString());
    assertEquals("windows/386", Platform.of("Windows Server 2022", "x86").toString());
    assertEquals("freebsd/riscv64", Platform.of("FreeBSD", "riscv64").toString());
  }
}
