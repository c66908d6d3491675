package io.silverback.server;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A proxy of Debian in front of gateways, on a free port of the loopback address. One in front of a
 * single gateway lets one team push and delete its own groups, those of the job {@code teama}, and
 * forbids all else; it passes bodies on as they come, and keeps its connections to the gateway.
 */
final class RunningProxy implements AutoCloseable {
  private final String address;
  private final RunningProcess process;

  private RunningProxy(String address, List<String> command) {
    this(address, "/proxy-is-ready", command);
  }

  private RunningProxy(String address, String path, List<String> command) {
    this.address = address;
    process = RunningProcess.start(command, Map.of());
    try {
      process.awaitReady(URI.create("http://" + address + path));
    } catch (AssertionError e) {
      process.close();
      throw e;
    }
  }

  static RunningProxy nginx(Path folder, RunningGateway gateway) throws IOException {
    String program = RunningProcess.debianProgram("/usr/sbin/nginx", "nginx-light");
    String address = "127.0.0.1:" + RunningProcess.freePort();
    Path configuration = folder.resolve("nginx.conf");
    Files.writeString(
        configuration,
        """
        daemon off;
        # One process: to end it ends all of it.
        master_process off;
        pid nginx.pid;
        error_log stderr warn;
        events { worker_connections 256; }
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          client_max_body_size 0;
          client_header_timeout 3s;
          client_body_timeout 3s;
          upstream gateway {
            server %s;
            keepalive 8;
          }
          server {
            listen %s;
            location / { return 403; }
            location = /proxy-is-ready { return 200; }
            location ~ ^/metrics/job/teama(/|$) {
              limit_except PUT POST DELETE { deny all; }
              proxy_pass http://gateway;
              proxy_request_buffering off;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_read_timeout 10s;
            }
          }
        }
        """
            .formatted(gateway.address(), address));
    return new RunningProxy(
        address,
        List.of(program, "-p", folder.toString(), "-c", configuration.toString(), "-e", "stderr"));
  }

  static RunningProxy haproxy(Path folder, RunningGateway gateway) throws IOException {
    String program = RunningProcess.debianProgram("/usr/sbin/haproxy", "haproxy");
    String address = "127.0.0.1:" + RunningProcess.freePort();
    Path configuration = folder.resolve("haproxy.cfg");
    Files.writeString(
        configuration,
        """
        global
          nbthread 1
        defaults
          mode http
          timeout connect 5s
          timeout client 3s
          timeout http-request 3s
          timeout server 6s
          http-reuse always
        frontend clients
          bind %s
          acl is_team path /metrics/job/teama
          acl is_team path_beg /metrics/job/teama/
          acl is_change method PUT POST DELETE
          http-request return status 200 if { path /proxy-is-ready }
          http-request deny deny_status 403 unless is_team is_change
          default_backend gateway
        backend gateway
          server gateway %s
        """
            .formatted(address, gateway.address()));
    return new RunningProxy(address, List.of(program, "-db", "-f", configuration.toString()));
  }

  /** With the file of the documentation, and these servers in place of those in it. */
  static RunningProxy nginxOfTheDocs(Path folder, List<String> servers) throws IOException {
    String program = RunningProcess.debianProgram("/usr/sbin/nginx", "nginx-light");
    String address = "127.0.0.1:" + RunningProcess.freePort();
    Path configuration = folder.resolve("balancer.conf");
    // One process, as to end it ends all of it, and no folder but that of the test.
    String own = "daemon off;\nmaster_process off;\npid balancer.pid;\n";
    String folders =
        """
        http {
          client_body_temp_path balanced_body;
          proxy_temp_path balanced_proxy;
          fastcgi_temp_path balanced_fastcgi;
          uwsgi_temp_path balanced_uwsgi;
          scgi_temp_path balanced_scgi;
        """;
    Files.writeString(
        configuration,
        own
            + ofTheDocs("nginx.conf", servers)
                .replace("http {\n", folders)
                .replace("listen 9090;", "listen " + address + ";"));
    return new RunningProxy(
        address,
        "/-/ready",
        List.of(program, "-p", folder.toString(), "-c", configuration.toString(), "-e", "stderr"));
  }

  /** With the file of the documentation, and these servers in place of those in it. */
  static RunningProxy haproxyOfTheDocs(Path folder, List<String> servers) throws IOException {
    String program = RunningProcess.debianProgram("/usr/sbin/haproxy", "haproxy");
    String address = "127.0.0.1:" + RunningProcess.freePort();
    Path configuration = folder.resolve("balancer.cfg");
    Files.writeString(
        configuration, ofTheDocs("haproxy.cfg", servers).replace("bind :9090", "bind " + address));
    return new RunningProxy(
        address, "/-/ready", List.of(program, "-db", "-f", configuration.toString()));
  }

  private static String ofTheDocs(String name, List<String> servers) throws IOException {
    String text = Files.readString(Path.of("..", "docs", "examples", name));
    for (int i = 0; i < servers.size(); i++) {
      text = text.replace("gateway-" + (i + 1) + ":9091", servers.get(i));
    }
    return text;
  }

  /** Host and port. */
  String address() {
    return address;
  }

  URI uri(String path) {
    return URI.create("http://" + address + path);
  }

  int port() {
    return Integer.parseInt(address.substring(address.indexOf(':') + 1));
  }

  @Override
  public void close() {
    process.close();
  }
}
