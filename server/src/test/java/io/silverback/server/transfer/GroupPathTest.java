package io.silverback.server.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.model.GroupingKey;
import org.junit.jupiter.api.Test;

final class GroupPathTest {
  @Test
  void plainValuesStayReadable() {
    assertEquals("/job/a.b-c_1/zone/x", GroupPath.of(GroupingKey.of("a.b-c_1", "zone", "x")));
  }

  @Test
  void whatAServerMightTakeForSomethingElseIsEncoded() {
    assertEquals(
        "/job@base64/YS9i/dots@base64/Li4=/none@base64/=",
        GroupPath.of(GroupingKey.of("a/b", "none", "", "dots", "..")));
    assertEquals("/job@base64/IMOp8J-mjQ==", GroupPath.of(GroupingKey.of(" \u00e9\ud83e\udd8d")));
  }

  @Test
  void otherNamesAreEscaped() {
    assertEquals("/job/a/U__x_2e_y/1", GroupPath.of(GroupingKey.of("a", "x.y", "1")));
  }
}
