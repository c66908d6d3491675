package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Makes certificates with the openssl of the machine: {@code name.pem} and {@code name.key}. */
public final class TestCertificates {
  private final Path folder;

  public TestCertificates(Path folder) throws IOException {
    this.folder = folder;
    // Without extensions of openssl's own choice, so that each certificate has those asked for.
    Files.writeString(folder.resolve("req.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
  }

  /** The algorithm of a key. */
  public enum KeyType {
    P256,
    P384,
    RSA,
    ED25519;

    List<String> arguments() {
      return switch (this) {
        case P256 -> List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256");
        case P384 -> List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384");
        case RSA -> List.of("-newkey", "rsa:2048");
        case ED25519 -> List.of("-newkey", "ed25519");
      };
    }
  }

  public Path authority(String name) throws IOException, InterruptedException {
    return request(name, KeyType.P256, "basicConstraints=critical,CA:TRUE");
  }

  public Path selfSigned(String name, KeyType type) throws IOException, InterruptedException {
    return request(name, type, "subjectAltName=IP:127.0.0.1");
  }

  /** Signed by the authority, with the subject alternative names as openssl writes them. */
  public Path client(String name, String authority, String sans)
      throws IOException, InterruptedException {
    return signed(name, authority, sans, "clientAuth");
  }

  /** The same for a server. */
  public Path server(String name, String authority, String sans)
      throws IOException, InterruptedException {
    return signed(name, authority, sans, "serverAuth");
  }

  private Path signed(String name, String authority, String sans, String use)
      throws IOException, InterruptedException {
    String ca = folder.resolve(authority).toString();
    return request(
        name,
        KeyType.P256,
        "subjectAltName=" + sans,
        "extendedKeyUsage=" + use,
        "-CA",
        ca + ".pem",
        "-CAkey",
        ca + ".key");
  }

  private Path request(String name, KeyType type, String... more)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("req", "-x509", "-config", "req.cnf"));
    command.addAll(type.arguments());
    command.addAll(List.of("-nodes", "-days", "30", "-subj", "/CN=" + name));
    command.addAll(List.of("-keyout", name + ".key", "-out", name + ".pem"));
    for (String argument : more) {
      if (argument.contains("=") && !argument.startsWith("/")) {
        command.add("-addext");
      }
      command.add(argument);
    }
    openssl(command);
    return folder.resolve(name + ".pem");
  }

  public void openssl(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException("openssl failed: command=" + command + " output=" + output);
    }
  }
}
