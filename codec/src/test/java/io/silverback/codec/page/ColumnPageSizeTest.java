package io.silverback.codec.page;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ColumnPageSizeTest {
  private static final int COLUMNS = 1600;
  private static final int ROWS = 64;
  private static final long SEED = 42;

  @ParameterizedTest
  @EnumSource
  void aSampleTakesNoMoreThanItsGoal(PageWorkload workload) {
    double bytes = workload.rows(COLUMNS, ROWS, SEED).page().seal().length;
    assertTrue(bytes / (COLUMNS * ROWS) <= workload.goalBytes, "bytes=" + bytes);
  }
}
