package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UrlBase64Test {
  @ParameterizedTest
  @CsvSource({
    "Zm9v,foo",
    "Zm9vYg,foob",
    "Zm9vYg==,foob",
    "Zm9vYg=,foob",
    "Zm9vYmE,fooba",
    "Zm9vYh,foob",
    "L3Zhci90bXA,/var/tmp",
    "====,''",
    "'',''",
    "w7w_,'ü?'",
  })
  void readsAnyPadding(String encoded, String decoded) throws UrlBase64.CorruptInput {
    assertEquals(decoded, new String(UrlBase64.decode(encoded), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({"Zm9vY,4", "a,0", "Zm9vYg=a,6", "a+b,1", "Zm9vZm9vY,8", "ab/c,2"})
  void tellsTheOffsetThatUpstreamTells(String encoded, int offset) {
    var corrupt = assertThrows(UrlBase64.CorruptInput.class, () -> UrlBase64.decode(encoded));

    assertEquals("illegal base64 data at input byte " + offset, corrupt.reason());
  }

  @ParameterizedTest
  @CsvSource(
      value = {"Zm|9v"},
      delimiter = ';')
  void skipsLineBreaks(String encoded) throws UrlBase64.CorruptInput {
    byte[] decoded = UrlBase64.decode(encoded.replace("|", "\r\n"));

    assertEquals("foo", new String(decoded, StandardCharsets.UTF_8));
  }
}
