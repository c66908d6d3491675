package io.silverback.server.metrics;

import java.util.Locale;

/** Operating system and processor in Go's words, which dashboards of the Pushgateway filter by. */
record Platform(String operatingSystem, String architecture) {

  static Platform current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  /** Translates Java's names; one that Go does not know stays as it is, in lower case. */
  static Platform of(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT).replace(" ", "");
    if (os.startsWith("mac")) {
      os = "darwin";
    } else if (os.startsWith("windows")) {
      os = "windows";
    }
    String processor = osArch.toLowerCase(Locale.ROOT);
    return new Platform(
        os,
        switch (processor) {
          case "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          case "x86", "i386", "i486", "i586", "i686" -> "386";
          case "loongarch64" -> "loong64";
          default -> processor;
        });
  }

  @Override
  public String toString() {
    return operatingSystem + "/" + architecture;
  }
}
