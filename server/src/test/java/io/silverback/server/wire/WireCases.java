package io.silverback.server.wire;

import java.util.List;
import java.util.stream.Stream;

/** All cases. What a client in the field is found to send is added to them. */
public final class WireCases {
  private WireCases() {}

  public static List<WireCase> all() {
    return Stream.of(HeadCases.all(), BodyCases.all(), FieldCases.all())
        .flatMap(List::stream)
        .toList();
  }
}
