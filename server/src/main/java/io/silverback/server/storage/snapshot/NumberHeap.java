package io.silverback.server.storage.snapshot;

import java.util.Arrays;

/** Numbers of which the smallest in some order is at hand. Not thread-safe. */
final class NumberHeap {
  private final NumberOrder order;
  private int[] numbers = new int[16];
  private int size;

  NumberHeap(NumberOrder order) {
    this.order = order;
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The smallest. */
  int first() {
    return numbers[0];
  }

  /** The number below which none is but the first; only if there are at least two. */
  int second() {
    return size > 2 && order.compare(numbers[2], numbers[1]) < 0 ? numbers[2] : numbers[1];
  }

  void add(int number) {
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * size);
    }
    int at = size++;
    while (at > 0 && order.compare(number, numbers[(at - 1) / 2]) < 0) {
      numbers[at] = numbers[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    numbers[at] = number;
  }

  int removeFirst() {
    int first = numbers[0];
    int last = numbers[--size];
    if (size > 0) {
      sink(last);
    }
    return first;
  }

  /** Finds the place of what is first, since it means something larger now. */
  void firstGrew() {
    sink(numbers[0]);
  }

  void clear() {
    size = 0;
  }

  private void sink(int number) {
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && order.compare(numbers[child + 1], numbers[child]) < 0) {
        child++;
      }
      if (order.compare(number, numbers[child]) <= 0) {
        break;
      }
      numbers[at] = numbers[child];
      at = child;
    }
    numbers[at] = number;
  }
}
