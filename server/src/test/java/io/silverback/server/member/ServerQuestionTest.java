package io.silverback.server.member;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.bytes.MalformedBytesException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Questions and answers between servers, as bytes. */
final class ServerQuestionTest {
  private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);
  private static final Path PAGE = Path.of("..", "docs", "formats", "server-questions.md");

  @Test
  void thePageShowsTheBytes() throws IOException {
    List<String> examples =
        Files.readAllLines(PAGE).stream().filter(line -> line.matches("[0-9a-f ]{8,}")).toList();

    assertEquals(2, examples.size());
    byte[] question = HexFormat.of().parseHex(examples.get(0).replace(" ", ""));
    byte[] answer = HexFormat.of().parseHex(examples.get(1).replace(" ", ""));
    assertArrayEquals(question, new ServerQuestion.Names(KEY, 1024).encode());
    assertArrayEquals(answer, new ServerAnswer.Named(5461, true, List.of(KEY)).encode());
  }

  @Test
  void whatIsEncodedIsDecoded() {
    for (ServerQuestion question :
        List.of(
            new ServerQuestion.Count(),
            new ServerQuestion.Names(new byte[0], 1),
            new ServerQuestion.States(List.of(KEY, new byte[0]), 9))) {
      assertArrayEquals(
          question.encode(), ServerQuestion.decode(question.encode()).encode(), question::toString);
    }
    for (ServerAnswer answer :
        List.of(
            new ServerAnswer.Withheld("höre"),
            new ServerAnswer.Counted(3, 7),
            new ServerAnswer.Named(3, false, List.of(KEY)),
            new ServerAnswer.Told(List.of(new byte[0], KEY)))) {
      assertArrayEquals(
          answer.encode(), ServerAnswer.decode(answer.encode()).encode(), answer::toString);
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
    for (int length = 0; length < answer.length; length++) {
      byte[] cut = Arrays.copyOf(answer, length);
      assertThrows(MalformedBytesException.class, () -> ServerAnswer.decode(cut));
    }
    byte[] longer = Arrays.copyOf(question, question.length + 1);
    assertThrows(MalformedBytesException.class, () -> ServerQuestion.decode(longer));
  }
}
