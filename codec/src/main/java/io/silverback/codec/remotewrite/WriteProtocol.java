package io.silverback.codec.remotewrite;

import io.silverback.codec.model.MetricType;

/** A version of remote write. Layout of the messages: {@code docs/formats/remote-write.md}. */
public enum WriteProtocol {
  V1("1.0", "prometheus.WriteRequest", "application/x-protobuf", "0.1.0") {
    @Override
    public byte[] encode(WriteBatch batch) {
      return WriteRequest.of(batch);
    }
  },
  V2(
      "2.0",
      "io.prometheus.write.v2.Request",
      "application/x-protobuf;proto=io.prometheus.write.v2.Request",
      "2.0.0") {
    @Override
    public byte[] encode(WriteBatch batch) {
      return SymbolizedRequest.of(batch);
    }
  };

  private final String version;
  private final String messageName;
  private final String contentType;
  private final String versionHeader;

  WriteProtocol(String version, String messageName, String contentType, String versionHeader) {
    this.version = version;
    this.messageName = messageName;
    this.contentType = contentType;
    this.versionHeader = versionHeader;
  }

  /** The message that has these samples. */
  public abstract byte[] encode(WriteBatch batch);

  public String version() {
    return version;
  }

  /** The name of the message in protobuf. */
  public String messageName() {
    return messageName;
  }

  public String contentType() {
    return contentType;
  }

  /** The value of the header with the version. */
  public String versionHeader() {
    return versionHeader;
  }

  /** The number that both versions have for a type of metrics; 0 for one that is not known. */
  static int numberOf(MetricType type) {
    return switch (type) {
      case UNTYPED -> 0;
      case COUNTER -> 1;
      case GAUGE -> 2;
      case HISTOGRAM -> 3;
      case GAUGE_HISTOGRAM -> 4;
      case SUMMARY -> 5;
    };
  }
}
