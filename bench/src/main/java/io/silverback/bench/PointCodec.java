package io.silverback.bench;

import fi.iki.yak.ts.compression.gorilla.GorillaCompressor;
import fi.iki.yak.ts.compression.gorilla.GorillaDecompressor;
import fi.iki.yak.ts.compression.gorilla.LongArrayInput;
import fi.iki.yak.ts.compression.gorilla.LongArrayOutput;
import io.silverback.codec.gorilla.PrometheusXorChunkReader;
import io.silverback.codec.gorilla.PrometheusXorChunkWriter;
import io.silverback.codec.page.ColumnPageReader;
import io.silverback.codec.page.ColumnPageWriter;
import io.silverback.codec.page.ColumnRanges;
import io.silverback.codec.page.RowPage;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.page.RowPageReader;
import io.silverback.codec.page.RowPageWriter;
import java.util.BitSet;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One way to keep a table of samples, a row a push and a column a series. Writes what it was given
 * and reads it back; keeps its buffers; not thread-safe.
 */
interface PointCodec {
  /** The bytes that all samples take. */
  long encode();

  /** Reads all samples that were encoded last, and sums up their bits. */
  long decode();

  /** A page in the order of the pushes, as it is while it grows. */
  final class RowPages implements PointCodec {
    private final SampleTable table;
    private final ColumnRanges all;
    private final UnsafeBuffer page;
    private final RowPageCursor cursor = new RowPageCursor();
    private final RowPageWriter writer = new RowPageWriter();
    private final RowPageReader reader = new RowPageReader();

    RowPages(SampleTable table) {
      this.table = table;
      this.all = ColumnRanges.all(table.columns());
      this.page = new UnsafeBuffer(new byte[table.rows() * RowPageWriter.maxRowLength(all)]);
    }

    @Override
    public long encode() {
      cursor.start(table.columns());
      writer.wrap(page, 0, page.capacity(), cursor);
      for (int row = 0; row < table.rows(); row++) {
        UnsafeBuffer before = table.words(Math.max(row - 1, 0));
        if (!writer.append(table.timeMillis(row), all, before, 0, table.words(row), 0)) {
          throw new IllegalStateException("page is full: row=" + row);
        }
      }
      return cursor.lengthBytes();
    }

    @Override
    public long decode() {
      long sum = 0;
      for (wrap(reader); reader.next(); ) {
        sum += reader.timeMillis();
        for (int column = 0; column < table.columns(); column++) {
          sum += reader.valueBits(column);
        }
      }
      return sum;
    }

    private void wrap(RowPageReader rows) {
      rows.wrap(page, 0, page.capacity(), cursor);
    }
  }

  /** A sealed page: to encode is to seal rows that are there. */
  final class ColumnPages implements PointCodec {
    private final RowPages rows;
    private final RowPageReader source = new RowPageReader();
    private final ColumnPageWriter writer = new ColumnPageWriter();
    private final ColumnPageReader reader = new ColumnPageReader();
    private final MutableDirectBuffer page = new ExpandableArrayBuffer();
    private final long[] values = new long[RowPage.MAX_ROWS];
    private final BitSet present = new BitSet();
    private int length;

    ColumnPages(SampleTable table) {
      rows = new RowPages(table);
      rows.encode();
    }

    @Override
    public long encode() {
      rows.wrap(source);
      length = writer.seal(source, 1, 2, page);
      return length;
    }

    @Override
    public long decode() {
      reader.wrap(page, 0, length);
      long sum = 0;
      for (int row = 0; row < reader.rows(); row++) {
        sum += reader.timeMillis(row);
      }
      for (int column = 0; column < reader.columns(); column++) {
        int count = reader.column(column, values, present);
        for (int row = 0; row < count; row++) {
          sum += values[row];
        }
      }
      return sum;
    }
  }

  /** A chunk a series, as Prometheus has it. */
  final class PrometheusChunks implements PointCodec {
    private static final int LONGEST_SAMPLE = 20;

    private final SampleTable table;
    private final UnsafeBuffer[] chunks;
    private final int[] lengths;
    private final PrometheusXorChunkWriter writer = new PrometheusXorChunkWriter();
    private final PrometheusXorChunkReader reader = new PrometheusXorChunkReader();

    PrometheusChunks(SampleTable table) {
      this.table = table;
      this.chunks = new UnsafeBuffer[table.columns()];
      this.lengths = new int[table.columns()];
      for (int column = 0; column < chunks.length; column++) {
        chunks[column] = new UnsafeBuffer(new byte[16 + table.rows() * LONGEST_SAMPLE]);
      }
    }

    @Override
    public long encode() {
      long sum = 0;
      for (int column = 0; column < chunks.length; column++) {
        writer.wrap(chunks[column], 0, chunks[column].capacity());
        for (int row = 0; row < table.rows(); row++) {
          if (!writer.append(table.timeMillis(row), table.bits(row, column))) {
            throw new IllegalStateException("chunk is full: row=" + row);
          }
        }
        lengths[column] = writer.flush();
        sum += lengths[column];
      }
      return sum;
    }

    @Override
    public long decode() {
      long sum = 0;
      for (int column = 0; column < chunks.length; column++) {
        reader.wrap(chunks[column], 0, lengths[column]);
        while (reader.next()) {
          sum += reader.timeMillis() + reader.valueBits();
        }
      }
      return sum;
    }
  }

  /** A block a series, as the library compression-gorilla writes it. */
  final class GorillaBlocks implements PointCodec {
    private final SampleTable table;
    private final long[][] blocks;

    GorillaBlocks(SampleTable table) {
      this.table = table;
      this.blocks = new long[table.columns()][];
    }

    @Override
    public long encode() {
      long sum = 0;
      for (int column = 0; column < blocks.length; column++) {
        var out = new LongArrayOutput(2 * table.rows());
        var compressor = new GorillaCompressor(table.timeMillis(0), out);
        for (int row = 0; row < table.rows(); row++) {
          compressor.addValue(
              table.timeMillis(row), Double.longBitsToDouble(table.bits(row, column)));
        }
        compressor.close();
        blocks[column] = out.getLongArray();
        sum += (long) blocks[column].length * Long.BYTES;
      }
      return sum;
    }

    @Override
    public long decode() {
      long sum = 0;
      for (long[] block : blocks) {
        var decompressor = new GorillaDecompressor(new LongArrayInput(block));
        for (var pair = decompressor.readPair(); pair != null; pair = decompressor.readPair()) {
          sum += pair.getTimestamp() + pair.getLongValue();
        }
      }
      return sum;
    }
  }

  /** The limit: the words as they are. */
  final class ArrayCopy implements PointCodec {
    private final SampleTable table;
    private final long[] copy;

    ArrayCopy(SampleTable table) {
      this.table = table;
      this.copy = new long[table.rows() * (table.columns() + 1)];
    }

    @Override
    public long encode() {
      int at = 0;
      for (int row = 0; row < table.rows(); row++) {
        copy[at++] = table.timeMillis(row);
        for (int column = 0; column < table.columns(); column++) {
          copy[at++] = table.bits(row, column);
        }
      }
      return (long) at * Long.BYTES;
    }

    @Override
    public long decode() {
      long sum = 0;
      for (long word : copy) {
        sum += word;
      }
      return sum;
    }
  }
}
