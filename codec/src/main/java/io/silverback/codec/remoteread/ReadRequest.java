package io.silverback.codec.remoteread;

import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ProtobufInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a Prometheus asks for by remote read: the message {@code prometheus.ReadRequest}.
 *
 * <p>Immutable. Layout: {@code docs/formats/remote-read.md}.
 *
 * @param accepted the numbers of the forms of answer that it takes, the best one first, among them
 *     those that are not known here
 */
public record ReadRequest(List<Query> queries, List<Integer> accepted) {
  /** Clients send one or two dozen; without a bound a small body makes many objects. */
  private static final int MOST_MATCHERS = 4096;

  /** The wire type of messages, texts and packed lists. */
  private static final int LENGTH_DELIMITED = 2;

  /** The forms, each at its number. */
  private static final List<Form> FORMS = List.of(Form.SAMPLES, Form.STREAMED_XOR_CHUNKS);

  /** The comparisons, each at its number. */
  private static final List<Comparison> COMPARISONS =
      List.of(Comparison.EQUAL, Comparison.NOT_EQUAL, Comparison.LIKE, Comparison.NOT_LIKE);

  /** The function that asks which series there are. */
  private static final String SERIES = "series";

  public ReadRequest {
    queries = List.copyOf(queries);
    accepted = List.copyOf(accepted);
  }

  /** The forms of an answer. */
  public enum Form {
    SAMPLES,
    STREAMED_XOR_CHUNKS
  }

  /** How a {@link Matcher} compares. */
  public enum Comparison {
    EQUAL,
    NOT_EQUAL,
    LIKE,
    NOT_LIKE
  }

  /** A condition on the value of a label. */
  public record Matcher(Comparison comparison, String label, String value) {}

  /**
   * The series that fulfil all conditions, with their samples between two moments, both included.
   *
   * @param wantsSamples false if only the labels are asked for
   */
  public record Query(
      long startMillis, long endMillis, List<Matcher> matchers, boolean wantsSamples) {
    public Query {
      matchers = List.copyOf(matchers);
    }
  }

  /** The form to answer in; empty if the client takes none that there is here. */
  public Optional<Form> form() {
    if (accepted.isEmpty()) {
      return Optional.of(Form.SAMPLES);
    }
    return accepted.stream()
        .filter(number -> number >= 0 && number < FORMS.size())
        .findFirst()
        .map(number -> FORMS.get(number));
  }

  /**
   * Reads the first {@code length} bytes.
   *
   * @throws MalformedExpositionException if they are not such a message, or one with thousands of
   *     conditions
   */
  public static ReadRequest parse(byte[] body, int length) {
    return new Parser(new ProtobufInput(body, 0, length)).request();
  }

  private static final class Parser {
    private final ProtobufInput in;
    private int matchers;

    private Parser(ProtobufInput in) {
      this.in = in;
    }

    private ReadRequest request() {
      var queries = new ArrayList<Query>();
      var accepted = new ArrayList<Integer>();
      while (in.next()) {
        switch (in.field()) {
          case 1 -> queries.add(query());
          case 2 -> addAccepted(accepted);
          default -> in.skip();
        }
      }
      return new ReadRequest(queries, accepted);
    }

    /** A list of numbers is packed, or is not. */
    private void addAccepted(List<Integer> accepted) {
      if (in.wireType() != LENGTH_DELIMITED) {
        accepted.add(number(in.integer()));
        return;
      }
      int outer = in.enter();
      while (!in.atEnd()) {
        accepted.add(number(in.rawInteger()));
      }
      in.leave(outer);
    }

    private Query query() {
      long start = 0;
      long end = 0;
      boolean wantsSamples = true;
      var conditions = new ArrayList<Matcher>();
      int outer = in.enter();
      while (in.next()) {
        switch (in.field()) {
          case 1 -> start = in.integer();
          case 2 -> end = in.integer();
          case 3 -> conditions.add(matcher());
          case 4 -> wantsSamples = !isSeries();
          default -> in.skip();
        }
      }
      in.leave(outer);
      return new Query(start, end, conditions, wantsSamples);
    }

    private Matcher matcher() {
      if (++matchers > MOST_MATCHERS) {
        throw in.fault("too many matchers");
      }
      var comparison = Comparison.EQUAL;
      String label = "";
      String value = "";
      int outer = in.enter();
      while (in.next()) {
        switch (in.field()) {
          case 1 -> comparison = comparison(number(in.integer()));
          case 2 -> label = in.text("name of a label");
          case 3 -> value = in.text("value of a label");
          default -> in.skip();
        }
      }
      in.leave(outer);
      return new Matcher(comparison, label, value);
    }

    private Comparison comparison(int number) {
      if (number < 0 || number >= COMPARISONS.size()) {
        throw in.fault("unknown matcher type " + number);
      }
      return COMPARISONS.get(number);
    }

    private boolean isSeries() {
      String function = "";
      int outer = in.enter();
      while (in.next()) {
        switch (in.field()) {
          case 2 -> function = in.text("name of a function");
          default -> in.skip();
        }
      }
      in.leave(outer);
      return function.equals(SERIES);
    }

    private static int number(long varint) {
      return Math.clamp(varint, -1, Integer.MAX_VALUE);
    }
  }
}
