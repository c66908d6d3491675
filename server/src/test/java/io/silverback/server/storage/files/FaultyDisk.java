package io.silverback.server.storage.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A disk that fails, or takes its time, when a test wants it to. */
final class FaultyDisk extends RecordingDisk {
  private volatile String failing = "nothing";
  private volatile CountDownLatch isAsked = new CountDownLatch(1);
  private volatile CountDownLatch mayGoOn = new CountDownLatch(0);
  private volatile long freeBytes = Long.MAX_VALUE;

  FaultyDisk(Path root) {
    super(root);
  }

  /** From now on what is called so fails, and nothing else. */
  void fail(String step) {
    failing = step;
  }

  /** From now on says when it is asked for its room, and waits with the answer. */
  void hold(CountDownLatch isAsked, CountDownLatch mayGoOn) {
    this.isAsked = isAsked;
    this.mayGoOn = mayGoOn;
  }

  void freeBytes(long bytes) {
    freeBytes = bytes;
  }

  @Override
  public void force(Path file) throws IOException {
    failIf("force");
    super.force(file);
  }

  @Override
  public void delete(Path folder) throws IOException {
    failIf("delete");
    super.delete(folder);
  }

  @Override
  public long freeBytes(Path folder) throws IOException {
    isAsked.countDown();
    try {
      mayGoOn.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    failIf("freeBytes");
    return Math.min(freeBytes, super.freeBytes(folder));
  }

  private void failIf(String step) throws IOException {
    if (failing.equals(step)) {
      throw new IOException("the test lets it fail: step=" + step);
    }
  }
}
