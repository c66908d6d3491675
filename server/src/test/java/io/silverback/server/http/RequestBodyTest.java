package io.silverback.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestBodyTest {
  private static final String CHUNKS =
      "4\r\nWiki\r\n0006;a=\"b\"\r\npedia \r\nB \t \r\nin \r\nchunks\r\n0;x\r\nT: 1\r\nU: 2\r\n\r\n";

  private static final String DATA = "Wikipedia in \r\nchunks";

  @Test
  void everyCutOfAChunkedBodyIsTheSameBody() throws IOException {
    for (int piece = 1; piece <= CHUNKS.length(); piece++) {
      for (int buffer : new int[] {1, 3, 8192}) {
        WireInput in = Bytes.wire(CHUNKS + "NEXT", piece);
        var body = new RequestBody(in, RequestHead.CHUNKED, () -> {});

        assertEquals(DATA, readAll(body, buffer));
        assertTrue(body.isComplete());
        assertEquals('N', in.next());
      }
    }
  }

  @Test
  void aBodyThatEndsEarlySaysSoWhereverItEnds() {
    for (int length = 0; length < CHUNKS.length(); length++) {
      String cut = CHUNKS.substring(0, length);

      assertEquals("unexpected EOF", refusal(cut).reason(), cut);
    }
    var body = new RequestBody(Bytes.wire("abc", 2), 4, () -> {});
    assertEquals(
        "unexpected EOF",
        assertThrows(RefusedRequestException.class, () -> readAll(body, 10)).reason());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "zz\r\n",
        "-1\r\n",
        "+1\r\na\r\n",
        "0x1\r\na\r\n",
        "\r\n",
        "1\na\r\n0\r\n\r\n",
        "; \r\n",
        "1\ra\r\n",
        "1 x\r\na",
        "1\r\nab\r\n",
        "1\r\na\n0\r\n\r\n",
        "1\r\na\r0\r\n\r\n",
        "0\r\n\n",
        "0\n\r\n",
        "0\r\nT: 1\n\r\n",
        "0\r\nno colon\r\n\r\n",
        "0\r\n: x\r\n\r\n",
        "0\r\nT: a\rb\r\n\r\n",
        "1;\0\r\na\r\n",
        "ffffffffffffffffff\r\n",
        "8000000000000000\r\n",
      })
  void malformedChunksAreRefused(String sent) {
    assertEquals("malformed chunked encoding", refusal(sent).reason());
  }

  @Test
  void whatIsNotDataIsBounded() {
    assertEquals("malformed chunked encoding", refusal("1;" + "x".repeat(5_000)).reason());
    assertEquals("malformed chunked encoding", refusal("0".repeat(5_000) + "1\r\na\r\n").reason());
    assertEquals(
        "malformed chunked encoding",
        refusal(("1;" + "x".repeat(1_000) + "\r\na\r\n").repeat(20)).reason());
    assertEquals("malformed chunked encoding", refusal("0\r\n" + "T: 1\r\n".repeat(200)).reason());
  }

  @Test
  void smallChunksAreAsGoodAsLargeOnes() throws IOException {
    String sent = "1\r\na\r\n".repeat(20_000) + "0\r\n\r\n";
    var body = new RequestBody(Bytes.wire(sent, 8192), RequestHead.CHUNKED, () -> {});

    assertEquals("a".repeat(20_000), readAll(body, 8192));
    assertEquals(20_000, body.readBytes());
  }

  @Test
  void theClientIsAskedForTheBodyOnceAndOnlyIfItIsRead() throws IOException {
    var asked = new AtomicInteger();
    var body = new RequestBody(Bytes.wire("abcd", 1), 4, asked::incrementAndGet);
    assertFalse(body.isOpen());
    assertEquals(0, asked.get());

    assertEquals("abcd", readAll(body, 2));

    assertEquals(1, asked.get());
    var empty = new RequestBody(Bytes.wire("", 1), 0, asked::incrementAndGet);
    assertEquals("", readAll(empty, 2));
    assertEquals(1, asked.get());
  }

  @Test
  void skippingStopsAtTheBoundAndAtTheEnd() throws IOException {
    WireInput in = Bytes.wire("x".repeat(100) + "N", 7);
    assertTrue(new RequestBody(in, 100, () -> {}).skip(100));
    assertEquals('N', in.next());
    assertFalse(new RequestBody(Bytes.wire("x".repeat(100), 7), 100, () -> {}).skip(99));
    assertTrue(new RequestBody(Bytes.wire(CHUNKS, 7), RequestHead.CHUNKED, () -> {}).skip(50));
    assertFalse(new RequestBody(Bytes.wire(CHUNKS, 7), RequestHead.CHUNKED, () -> {}).skip(5));
  }

  private static RefusedRequestException refusal(String sent) {
    var body = new RequestBody(Bytes.wire(sent, 8192), RequestHead.CHUNKED, () -> {});
    return assertThrows(RefusedRequestException.class, () -> readAll(body, 8192), sent);
  }

  private static String readAll(RequestBody body, int size) throws IOException {
    var all = new ByteArrayOutputStream();
    byte[] buffer = new byte[size];
    for (int count; (count = body.read(buffer, 0, size)) >= 0; ) {
      all.write(buffer, 0, count);
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }
}
