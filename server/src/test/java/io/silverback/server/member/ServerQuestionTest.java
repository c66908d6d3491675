package io.silverback.server.member;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.Version;
import io.silverback.server.handler.ClusterInfo.Word;
import io.silverback.server.storage.replica.OffHeapReplicaStore.Copy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Questions and answers between servers, as bytes. */
final class ServerQuestionTest {
  private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);
  private static final ServerAnswer HAD =
      new ServerAnswer.Had(Optional.of(new Copy(true, -1, new Version(1, 2, 3))));
  private static final Path PAGE = Path.of("..", "docs", "formats", "server-questions.md");

  @Test
  void thePageShowsTheBytes() throws IOException {
    List<String> examples =
        Files.readAllLines(PAGE).stream().filter(line -> line.matches("[0-9a-f ]{8,}")).toList();

    assertEquals(4, examples.size());
    byte[] question = HexFormat.of().parseHex(examples.get(0).replace(" ", ""));
    byte[] answer = HexFormat.of().parseHex(examples.get(1).replace(" ", ""));
    assertArrayEquals(question, new ServerQuestion.Names(KEY, 1024).encode());
    assertArrayEquals(answer, new ServerAnswer.Named(5461, true, List.of(KEY)).encode());
    byte[] stood = HexFormat.of().parseHex(examples.get(2).replace(" ", ""));
    assertArrayEquals(
        stood,
        new ServerAnswer.Stood(
                new Word(7, 5461, 0, 0, 0, 2, Optional.empty(), List.of("b"), List.of()))
            .encode());
    byte[] piece = HexFormat.of().parseHex(examples.get(3).replace(" ", ""));
    assertArrayEquals(piece, new ServerAnswer.Piece(List.of(new byte[] {5})).encode());
  }

  @Test
  void whatIsEncodedIsDecoded() {
    for (ServerQuestion question :
        List.of(
            new ServerQuestion.Count(),
            new ServerQuestion.Names(new byte[0], 1),
            new ServerQuestion.States(List.of(KEY, new byte[0]), 9),
            new ServerQuestion.Part(),
            new ServerQuestion.Copy(KEY),
            new ServerQuestion.Led(),
            new ServerQuestion.Stream(KEY),
            new ServerQuestion.Next(KEY, true),
            new ServerQuestion.Next(KEY, false),
            new ServerQuestion.End(KEY))) {
      assertArrayEquals(
          question.encode(), ServerQuestion.decode(question.encode()).encode(), question::toString);
    }
    for (ServerAnswer answer :
        List.of(
            new ServerAnswer.Withheld("höre"),
            new ServerAnswer.Counted(3, 7),
            new ServerAnswer.Named(3, false, List.of(KEY)),
            new ServerAnswer.Told(List.of(new byte[0], KEY)),
            new ServerAnswer.Had(Optional.empty()),
            new ServerAnswer.Leads(new TreeMap<>(Map.of(0, 7L, 16383, 8L))),
            new ServerAnswer.Streaming(KEY),
            new ServerAnswer.Piece(List.of(KEY)),
            new ServerAnswer.Ended(true, 3))) {
      assertArrayEquals(
          answer.encode(), ServerAnswer.decode(answer.encode()).encode(), answer::toString);
    }
    for (ServerAnswer answer :
        List.of(
            new ServerAnswer.Stood(
                new Word(1L << 39, 1, 2, 3, 4, 5, Optional.empty(), List.of(), List.of())),
            new ServerAnswer.Stood(
                new Word(7, 0, 0, 0, 0, 0, Optional.of("höre"), List.of("a", "b"), List.of())),
            new ServerAnswer.Stood(
                new Word(7, 0, 0, 0, 0, 0, Optional.empty(), List.of("a"), List.of("b", "c"))),
            HAD)) {
      assertEquals(answer, ServerAnswer.decode(answer.encode()));
    }
  }

  @Test
  void whatIsCutOffOrTooLongIsTold() {
    byte[] question = new ServerQuestion.States(List.of(KEY, KEY), 9).encode();
    byte[] answer = new ServerAnswer.Named(3, false, List.of(KEY)).encode();
    for (int length = 0; length < question.length; length++) {
      byte[] cut = Arrays.copyOf(question, length);
      assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(cut));
    }
    byte[] leads = new ServerAnswer.Leads(new TreeMap<>(Map.of(1, 7L))).encode();
    for (byte[] whole : List.of(answer, HAD.encode(), leads)) {
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThrows(MalformedBytesException.class, () -> ServerAnswer.decode(cut));
      }
    }
    byte[] shortNumbers =
        new ByteOutput().u8(1).u8(4).u32(0).u32(0).list(List.of(KEY, KEY)).finish();
    assertThrows(MalformedBytesException.class, () -> ServerAnswer.decode(shortNumbers));
    byte[] noReason = new ByteOutput().u8(1).u8(4).u32(0).u32(0).list(List.of(KEY)).finish();
    assertThrows(MalformedBytesException.class, () -> ServerAnswer.decode(noReason));
    byte[] longer = Arrays.copyOf(question, question.length + 1);
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(longer));
  }
}
