package io.silverback.server.storage.snapshot;

import java.util.Arrays;

/** An order of things that are known by numbers. */
@FunctionalInterface
interface NumberOrder {
  int compare(int left, int right);

  /** Sorts the numbers; equal ones stay as they stand, and what is sorted already takes no time. */
  default void sort(int[] numbers) {
    sort(numbers, new int[numbers.length / 2 + 1], 0, numbers.length);
  }

  private void sort(int[] numbers, int[] scratch, int from, int to) {
    if (to - from < 2) {
      return;
    }
    int middle = (from + to) >>> 1;
    sort(numbers, scratch, from, middle);
    sort(numbers, scratch, middle, to);
    if (compare(numbers[middle - 1], numbers[middle]) > 0) {
      merge(numbers, scratch, from, middle, to);
    }
  }

  private void merge(int[] numbers, int[] scratch, int from, int middle, int to) {
    int leftCount = middle - from;
    System.arraycopy(numbers, from, scratch, 0, leftCount);
    int left = 0;
    int right = middle;
    int out = from;
    while (left < leftCount && right < to) {
      boolean takesRight = compare(scratch[left], numbers[right]) > 0;
      numbers[out++] = takesRight ? numbers[right++] : scratch[left++];
    }
    System.arraycopy(scratch, left, numbers, out, leftCount - left);
  }

  /** The numbers from 0 on. */
  static int[] ascending(int count) {
    int[] numbers = new int[count];
    Arrays.setAll(numbers, i -> i);
    return numbers;
  }
}
