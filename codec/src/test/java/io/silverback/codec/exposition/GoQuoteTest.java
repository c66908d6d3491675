package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Expositions.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoQuoteTest {

  @Test
  void textIsQuotedAsGoQuotesIt() {
    assertEquals(
        "\"a\\\"b'c\\\\\\a\\b\\f\\n\\r\\t\\v\\x00\\x1b\\x7fé佖\uD83D\uDE00\\u0085\\u00a0\\u200b"
            + "\\ue000\\U000e0001\uFFFD\"",
        GoQuote.quote(
            "a\"b'c\\\u0007\b\f\n\r\t\u000b\u0000\u001b\u007fé佖\uD83D\uDE00\u0085\u00a0\u200b"
                + "\ue000\uDB40\uDC01\uFFFD"));
  }

  @Test
  void bytesThatAreNotUtf8AreShownInHex() {
    // A lone continuation, a cut sequence, an encoded surrogate, an overlong slash, a whole letter.
    byte[] text = bytes("\u0080a\u00e4\u00bd\u00ed\u00a0\u0080\u00c0\u00af\u00ff\u00c3\u00b6");
    assertEquals(
        "\"\\x80a\\xe4\\xbd\\xed\\xa0\\x80\\xc0\\xaf\\xffö\"", GoQuote.quote(text, 0, text.length));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"97, 'a'", "39, '\\''", "34, '\"'", "92, '\\\\'", "13, '\\r'", "0, '\\x00'"})
  void byteIsQuotedAsACharacter(int value, String quoted) {
    assertEquals(quoted, GoQuote.quoteByte(value));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"127, '\\x7f'", "128, '\\u0080'", "195, 'Ã'", "160, '\\u00a0'", "173, '\\u00ad'"})
  void byteBeyondAsciiIsTakenAsACodePoint(int value, String quoted) {
    assertEquals(quoted, GoQuote.quoteByte(value));
  }
}
