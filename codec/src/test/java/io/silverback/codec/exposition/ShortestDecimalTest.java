package io.silverback.codec.exposition;

import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShortestDecimalTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, -0",
    "1, 1",
    "-1.5, -1.5",
    "0.1, 0.1",
    "100, 100",
    "999999, 999999",
    "123456.75, 123456.75",
    "999999.5, 999999.5",
    "1000000, 1e+06",
    "1234567, 1.234567e+06",
    "-1.795296070086297E9, -1.795296070086297e+09",
    "0.0001, 0.0001",
    "0.00012, 0.00012",
    "0.00001, 1e-05",
    "2.938735877055719e-39, 2.938735877055719e-39",
    "1e21, 1e+21",
    "2e23, 2e+23",
    "1e100, 1e+100",
    "4.9e-324, 5e-324",
    "9.9e-324, 1e-323",
    "1.5e-323, 1.5e-323",
    "1.7976931348623157e308, 1.7976931348623157e+308",
    "9007199254740993, 9.007199254740992e+15",
  })
  void spellsNumbersAsGoDoes(double value, String expected) {
    assertEquals(expected, ShortestDecimal.of(value));
  }

  @Property
  void meansTheSameNumber(@ForAll long bits) {
    double value = Double.longBitsToDouble(bits);
    Assume.that(Double.isFinite(value));

    assertEquals(value, Double.parseDouble(ShortestDecimal.of(value)));
  }
}
