package io.silverback.server.storage.maps;

import java.lang.invoke.VarHandle;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.hash.serialization.SizedReader;
import net.openhft.chronicle.hash.serialization.SizedWriter;
import net.openhft.chronicle.wire.WireIn;
import net.openhft.chronicle.wire.WireOut;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Copies values into a map without a detour over the heap. Stateless. */
final class ValueBytes implements SizedWriter<UnsafeBuffer>, SizedReader<UnsafeBuffer> {
  private final boolean enveloped;

  /**
   * For values of one kind.
   *
   * @param enveloped true if they are envelopes, which must not count before they are complete
   */
  ValueBytes(boolean enveloped) {
    this.enveloped = enveloped;
  }

  @Override
  public long size(UnsafeBuffer value) {
    return value.capacity();
  }

  @Override
  public void write(Bytes<?> out, long size, UnsafeBuffer value) {
    var target = new UnsafeBuffer(out.addressForWrite(out.writePosition()), (int) size);
    if (enveloped) {
      Envelope.magic(target, Envelope.NO_MAGIC);
      VarHandle.storeStoreFence();
      int start = Envelope.SEQUENCE_OFFSET;
      target.putBytes(start, value, start, (int) size - start);
      VarHandle.storeStoreFence();
      Envelope.magic(target, Envelope.magic(value));
    } else {
      target.putBytes(0, value, 0, (int) size);
    }
    out.writeSkip(size);
  }

  @Override
  public UnsafeBuffer read(Bytes<?> in, long size, @Nullable UnsafeBuffer using) {
    throw new IllegalStateException("values are looked at in place and never read out");
  }

  @Override
  public void readMarshallable(WireIn in) {}

  @Override
  public void writeMarshallable(WireOut out) {}
}
