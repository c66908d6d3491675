package io.silverback.server.storage.snapshot;

import io.silverback.codec.row.LabelSetCursor;
import io.silverback.server.storage.Utf8Order;
import io.silverback.server.storage.maps.GroupKeys;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks over the labels of a stored series in the order of their names, where they are stored:
 * those of its group in the key, its own in the shape. A name that both have comes from the key
 * first.
 *
 * <p>Made to be started again and again; not thread-safe.
 */
final class LabelWalk {
  private final UnsafeBuffer key = new UnsafeBuffer();
  private final LabelSetCursor own = new LabelSetCursor();
  private final UnsafeBuffer keyName = new UnsafeBuffer();
  private final UnsafeBuffer ownName = new UnsafeBuffer();
  private final UnsafeBuffer value = new UnsafeBuffer();
  private int keyAt;
  private int keyValueAt;
  private boolean hasKeyPair;
  private boolean hasOwnPair;
  private boolean isFromKey;
  private boolean isStarted;

  /** The key, to be set before a {@link #start}. */
  UnsafeBuffer key() {
    return key;
  }

  /** The series' own labels, to be set before a {@link #start}. */
  LabelSetCursor own() {
    return own;
  }

  /** Starts before the first label. */
  void start() {
    keyAt = 0;
    isStarted = false;
    readKeyName();
    readOwnName();
  }

  /** Goes to the next label; false at the end. */
  boolean next() {
    if (isStarted) {
      if (isFromKey) {
        keyAt = GroupKeys.textStart(key, keyValueAt) + GroupKeys.textLength(key, keyValueAt);
        readKeyName();
      } else {
        readOwnName();
      }
    }
    isStarted = true;
    isFromKey = hasKeyPair && (!hasOwnPair || Utf8Order.compareAsStrings(keyName, ownName) <= 0);
    return isFromKey || hasOwnPair;
  }

  /** The name of the current label; good until the next call. */
  UnsafeBuffer name() {
    return isFromKey ? keyName : ownName;
  }

  /** The value of the current label; good until the next call. */
  UnsafeBuffer value() {
    if (isFromKey) {
      value.wrap(key, GroupKeys.textStart(key, keyValueAt), GroupKeys.textLength(key, keyValueAt));
    } else {
      value.wrap(own.value());
    }
    return value;
  }

  private void readKeyName() {
    hasKeyPair = keyAt < key.capacity();
    if (hasKeyPair) {
      int start = GroupKeys.textStart(key, keyAt);
      int length = GroupKeys.textLength(key, keyAt);
      keyName.wrap(key, start, length);
      keyValueAt = start + length;
    }
  }

  private void readOwnName() {
    hasOwnPair = own.next();
    if (hasOwnPair) {
      ownName.wrap(own.name());
    }
  }
}
