package io.silverback.server.handler;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import io.silverback.server.storage.MetricStore.Submission;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PushHintTest {
  private static final TextParser TEXT = new TextParser(NameValidation.LEGACY);
  private static final String NO_TYPE = "";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String DUPLICATE =
      "collected metric \"m\" { gauge:{value:1}} was collected before with the same name and label"
          + " values";

  static Stream<Arguments> bodies() {
    byte[] gzip = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 'm', '\n'};
    return Stream.of(
        hinted(gzip, NO_TYPE, PushHint.GZIP),
        hinted("\ufeffm 1\r\n".getBytes(UTF_16LE), NO_TYPE, PushHint.UTF_16),
        hinted("\ufeffm 1\n".getBytes(UTF_16BE), NO_TYPE, PushHint.UTF_16),
        hinted("m 1\r\n".getBytes(UTF_16LE), NO_TYPE, PushHint.UTF_16),
        hinted("# TYPE m gauge\nm 1\n".getBytes(UTF_16BE), FORM, PushHint.UTF_16),
        hinted("\ufeffm 1\r\n", NO_TYPE, PushHint.BYTE_ORDER_MARK),
        hinted("# TYPE c21 gaugec21 1c21b 2", FORM, PushHint.FORM_DATA),
        hinted("c21 1c21b 2", FORM + "; charset=UTF-8", PushHint.FORM_DATA),
        hinted("m=1&n=2", FORM, PushHint.FORM_DATA),
        hinted("m 1", NO_TYPE, PushHint.NO_LAST_LINE_FEED),
        hinted("m 1\nn{l=\"v\"", NO_TYPE, PushHint.NO_LAST_LINE_FEED),
        hinted("# TYPE m gauge\r\nm 1\r\n", NO_TYPE, PushHint.CR_LF),
        hinted("m 1\nn 1\r\n", FORM, PushHint.CR_LF),
        hinted("m 1\r\nn 1", NO_TYPE, PushHint.CR_LF),
        hinted("\r\n", NO_TYPE, PushHint.CR_LF),
        hinted("# TYPE m gauge\nm 1\n# TYPE m gauge\nm 2\n", NO_TYPE, PushHint.REPEATED_FAMILY),
        hinted("# HELP m a\nm 1\n# HELP m a\nm 2\n", NO_TYPE, PushHint.REPEATED_FAMILY),
        plain("m one\n", FORM),
        plain("m one\nn 1\r\n", NO_TYPE),
        plain("m 1\nm one\nn", NO_TYPE),
        plain("1m 1\n", "not a type"),
        plain("m \": second TYPE\n", NO_TYPE),
        plain("\u0000\u0000\n", NO_TYPE));
  }

  private static Arguments hinted(byte[] body, String contentType, PushHint hint) {
    return Arguments.of(body, contentType, Optional.of(hint));
  }

  private static Arguments hinted(String body, String contentType, PushHint hint) {
    return hinted(body.getBytes(UTF_8), contentType, hint);
  }

  private static Arguments plain(String body, String contentType) {
    return Arguments.of(body.getBytes(UTF_8), contentType, Optional.empty());
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void namesTheTroubleOfABody(byte[] body, String contentType, Optional<PushHint> hint) {
    MalformedExpositionException fault = fault(body, body.length);

    assertEquals(hint, PushHint.ofBody(fault, body, body.length, contentType));
    assertEquals(
        fault.getMessage() + hint.map(each -> "\n\n" + each.text()).orElse(""),
        PushHint.explain(fault, body, body.length, contentType));
  }

  @Test
  void aHintIsOneShortLine() {
    for (PushHint hint : PushHint.values()) {
      assertTrue(hint.text().startsWith("hint: "), hint.text());
      assertTrue(hint.text().length() < 200, hint.text());
      assertTrue(hint.text().chars().allMatch(c -> c >= ' ' && c <= '~'), hint.text());
    }
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void looksAtNothingBehindTheEndOfTheBody(byte[] body, String contentType) {
    for (int length = 0; length <= body.length; length++) {
      byte[] cut = Arrays.copyOf(body, length);
      Optional<MalformedExpositionException> fault = tryFault(body, length);
      if (fault.isPresent()) {
        assertEquals(
            PushHint.ofBody(fault.get(), cut, length, contentType),
            PushHint.ofBody(fault.get(), body, length, contentType));
      }
    }
  }

  @Test
  void upstreamsWordsComeFirstWhateverIsSent() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    byte[] alphabet = "m1 \n\r\0\"{}=#\\".getBytes(UTF_8);
    for (int i = 0; i < 20_000; i++) {
      byte[] body = new byte[random.nextInt(40)];
      for (int at = 0; at < body.length; at++) {
        body[at] =
            random.nextInt(8) == 0
                ? (byte) random.nextInt(256)
                : alphabet[random.nextInt(alphabet.length)];
      }
      Optional<MalformedExpositionException> fault = tryFault(body, body.length);
      if (fault.isPresent()) {
        String reason = String.valueOf(fault.get().getMessage());
        String told = PushHint.explain(fault.get(), body, body.length, FORM);
        assertTrue(
            told.equals(reason) || told.startsWith(reason + "\n\nhint: "),
            () -> "seed=" + seed + " told=" + told);
        assertTrue(told.length() < reason.length() + 200, () -> "seed=" + seed + " told=" + told);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "m{job=\"a\"} 1,m{job=\"b\"} 1              | true",
        "m{job=\"a\"} 1,n 1,m{job=\"b\"} 1          | true",
        "m{i=\"a\"} 1,m{i=\"b\"} 1                  | true",
        "m{l=\"a\"} 1,m{l=\"b\"} 1                  | false",
        "m{job=\"a\"} 1,m{job=\"a\"} 1              | false",
        "m{job=\"a\"} 1,n{job=\"b\"} 1              | false",
        "m 1,m{job=\"b\"} 1                         | false",
      })
  void aLabelThatTheKeyReplacesExplainsDuplicates(String lines, boolean explains) {
    String text = lines.replace(',', '\n') + "\n";
    ParsedExposition body = TEXT.parse(text.getBytes(UTF_8), text.length());
    var key = GroupingKey.of("j", "i", "1");
    String hinted = explains ? "\n\n" + PushHint.SEVERAL_GROUPS.text() : "";

    assertEquals(
        new Submission.Refused(key, DUPLICATE + hinted),
        PushHint.explain(new Submission.Refused(key, DUPLICATE), key, body));
    var other = new Submission.Refused(key, "pushed metrics must not have timestamps");
    assertEquals(other, PushHint.explain(other, key, body));
  }

  @Test
  void aClientReadsTheHintBelowTheWordsOfUpstream() throws IOException {
    try (var gateway = TestGateway.start()) {
      Answer form =
          gateway.send("POST", "/metrics/job/j", "# TYPE c gaugec 1", "Content-Type: " + FORM);
      assertEquals(400, form.status());
      assertEquals(
          "text format parsing error in line 1: unexpected end of input stream\n\n"
              + PushHint.FORM_DATA.text()
              + "\n",
          form.text());

      Answer utf16 = gateway.send("POST", "/metrics/job/j", "m 1\n".getBytes(UTF_16LE));
      assertEquals(400, utf16.status());
      assertTrue(utf16.text().endsWith("\n\n" + PushHint.UTF_16.text() + "\n"), utf16::text);

      Answer jobs = gateway.send("POST", "/metrics/job/j", "m{job=\"a\"} 1\nm{job=\"b\"} 2\n");
      assertEquals(400, jobs.status());
      assertTrue(
          jobs.text().startsWith("pushed metrics are invalid or inconsistent with existing"),
          jobs::text);
      assertTrue(jobs.text().endsWith("\n\n" + PushHint.SEVERAL_GROUPS.text() + "\n"), jobs::text);
      assertEquals(List.of(), gateway.exposed("# TYPE m "));
      assertEquals(List.of(), gateway.exposed("# TYPE c "));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PUT,    /metrics/job/j/instance//zone/a, true",
    "POST,   /metrics/job//instance/i,        true",
    "DELETE, /metrics/job/j/instance//,       true",
    "PUT,    //metrics/job/j,                 false",
    "PUT,    /metrics/job/j/./i,              false",
    "PUT,    /metrics//other,                 false",
  })
  void aRedirectSaysHowAnEmptyValueIsWritten(String method, String path, boolean says)
      throws IOException {
    try (var gateway = TestGateway.start()) {
      Answer answer = gateway.send(method, path, "m 1\n");

      assertEquals(307, answer.status());
      assertTrue(answer.header("Location").isPresent());
      assertEquals(says ? PushHint.EMPTY_VALUE.text() + "\n" : "", answer.text());
    }
  }

  private static MalformedExpositionException fault(byte[] body, int length) {
    return assertThrows(MalformedExpositionException.class, () -> TEXT.parse(body, length));
  }

  private static Optional<MalformedExpositionException> tryFault(byte[] body, int length) {
    try {
      TEXT.parse(body, length);
      return Optional.empty();
    } catch (MalformedExpositionException e) {
      return Optional.of(e);
    }
  }
}
