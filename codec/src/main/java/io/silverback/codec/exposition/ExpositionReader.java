package io.silverback.codec.exposition;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The grammar of the text format, version 0.0.4: reads one body, in pieces of whole lines. Not
 * thread-safe.
 *
 * <p>upstream: accepts what expfmt/text_parse.go accepts and refuses it in the same words. The one
 * difference is a line that begins with a brace. There upstream treats labels that stand before the
 * name as if they belonged to the family of the line before, and takes a line without any name for
 * one more sample of that family. Here such labels belong to the name that follows, and a line
 * without a name is refused.
 */
final class ExpositionReader {
  private static final byte[] HELP = "HELP".getBytes(US_ASCII);
  private static final byte[] TYPE = "TYPE".getBytes(US_ASCII);

  private final TextCursor cursor = new TextCursor();
  private final NameValidation names;
  private final StringCache strings;
  private final FamilyTable families = new FamilyTable();
  private final LabelCollector labels = new LabelCollector();
  private final Deadline deadline = Deadline.current();

  /** Names and values of labels that stand before the name of their metric. */
  private final List<String> earlyLabels = new ArrayList<>();

  /** Where the newest name led; while none was read on a line, that of a line before. */
  private FamilyTable.@Nullable Target target;

  /** The bound or rank of the line, not a number if there is none. */
  private double bound;

  private boolean timestamped;

  /**
   * A reader of a body without bytes.
   *
   * @param length about how long it is
   */
  ExpositionReader(NameValidation names, int length) {
    this.names = names;
    this.strings = new StringCache(length);
  }

  void read(byte[] bytes, int from, int end) {
    cursor.enter(bytes, from, end);
    strings.enter(bytes);
    while (cursor.startLine()) {
      readLine();
    }
  }

  /** Tells what is wrong with a whole body; after a fault it goes on with the next line. */
  void faults(byte[] bytes, int length, Predicate<MalformedExpositionException> wantsMore) {
    cursor.enter(bytes, 0, length);
    strings.enter(bytes);
    boolean more = true;
    while (more && cursor.startLine()) {
      try {
        readLine();
      } catch (MalformedExpositionException e) {
        more = wantsMore.test(e) && cursor.leaveLine();
      }
    }
  }

  private void readLine() {
    deadline.look();
    switch (cursor.current()) {
      case '#' -> readComment();
      case '\n' -> {}
      case '{' -> readSampleWithNameInBraces();
      default -> readSample();
    }
  }

  ParsedExposition end() {
    return new ParsedExposition(families.build(), timestamped);
  }

  private void readComment() {
    cursor.skipBlanks();
    if (cursor.atNewline()) {
      return;
    }
    cursor.readWord();
    if (cursor.atNewline()) {
      return;
    }
    boolean help = cursor.tokenIs(HELP);
    if (!help && !cursor.tokenIs(TYPE)) {
      cursor.skipLine();
      return;
    }
    cursor.skipBlanks();
    cursor.readMetricName();
    if (cursor.atNewline()) {
      return;
    }
    if (!cursor.atBlank()) {
      throw cursor.malformed("invalid metric name in comment");
    }
    FamilyBuilder family = enterFamily().family();
    cursor.skipBlanks();
    if (cursor.atNewline()) {
      return;
    }
    if (help) {
      readHelp(family);
    } else {
      readType(family);
    }
  }

  private void readHelp(FamilyBuilder family) {
    if (family.hasHelp()) {
      throw cursor.malformed("second HELP line for metric name " + GoQuote.quote(family.name()));
    }
    cursor.readEscapedLine();
    family.help(tokenText());
  }

  private void readType(FamilyBuilder family) {
    if (family.type().isPresent()) {
      throw cursor.malformed(
          "second TYPE line for metric name "
              + GoQuote.quote(family.name())
              + ", or TYPE reported after samples");
    }
    cursor.readLineWithoutBackslashes();
    family.type(
        typeNamed(tokenText())
            .orElseThrow(
                () -> cursor.malformedToken("unknown metric type " + cursor.quotedToken())));
  }

  private static Optional<MetricType> typeNamed(String word) {
    // Letter by letter, as Go does it: the whole word could become longer in capitals.
    var capitals = new StringBuilder();
    word.codePoints().map(Character::toUpperCase).forEach(capitals::appendCodePoint);
    return Optional.ofNullable(
        switch (capitals.toString()) {
          case "COUNTER" -> MetricType.COUNTER;
          case "GAUGE" -> MetricType.GAUGE;
          case "SUMMARY" -> MetricType.SUMMARY;
          case "UNTYPED" -> MetricType.UNTYPED;
          case "HISTOGRAM" -> MetricType.HISTOGRAM;
          case "GAUGE_HISTOGRAM", "GAUGEHISTOGRAM" -> MetricType.GAUGE_HISTOGRAM;
          default -> null;
        });
  }

  private void readSample() {
    startSample();
    cursor.readMetricName();
    if (cursor.tokenIsEmpty()) {
      throw cursor.malformed("invalid metric name");
    }
    FamilyTable.Target sampled = enterFamily();
    sampled.family().typeOfSamples();
    cursor.skipBlanksIfAtBlank();
    if (cursor.current() == '{') {
      readLabels(sampled);
    }
    readValue(sampled);
  }

  private void readSampleWithNameInBraces() {
    startSample();
    FamilyTable.@Nullable Target sampled = null;
    boolean more = true;
    while (more) {
      deadline.look();
      cursor.skipBlanks();
      if (cursor.current() == '}') {
        break;
      }
      String name = readLabelName();
      if (cursor.current() == '=') {
        checkLabelName(name);
        more = readLabelValue(name, sampled);
      } else {
        if (sampled != null) {
          throw cursor.malformed("multiple metric names for metric " + quotedFamilyName());
        }
        if (cursor.current() != ',' && cursor.current() != '}') {
          throw cursor.malformed(
              "unexpected end of metric name " + GoQuote.quoteByte(cursor.current()));
        }
        sampled = enterFamily();
        sampled.family().typeOfSamples();
        takeEarlyLabels(sampled);
        more = cursor.current() == ',';
      }
    }
    if (sampled == null) {
      throw cursor.malformed("invalid metric name");
    }
    cursor.skipBlanks();
    readValue(sampled);
  }

  private void startSample() {
    labels.clear();
    earlyLabels.clear();
    bound = Double.NaN;
  }

  private void takeEarlyLabels(FamilyTable.Target sampled) {
    for (int i = 0; i < earlyLabels.size(); i += 2) {
      checkNotDuplicate(earlyLabels.get(i), sampled);
      takeLabel(earlyLabels.get(i), earlyLabels.get(i + 1), sampled);
    }
  }

  private void readLabels(FamilyTable.Target sampled) {
    boolean more = true;
    while (more) {
      deadline.look();
      cursor.skipBlanks();
      if (cursor.current() == '}') {
        break;
      }
      String name = readLabelName();
      if (cursor.current() != '=') {
        throw cursor.malformed(
            "expected '=' after label name, found " + GoQuote.quoteByte(cursor.current()));
      }
      checkLabelName(name);
      more = readLabelValue(name, sampled);
    }
    cursor.skipBlanks();
  }

  /** Reads a name and the blanks after it; in braces this may be the name of the metric. */
  private String readLabelName() {
    cursor.readLabelName();
    if (cursor.tokenIsEmpty()) {
      throw cursor.malformed("invalid label name for metric " + quotedFamilyName());
    }
    cursor.skipBlanksIfAtBlank();
    return tokenText();
  }

  private void checkLabelName(String name) {
    if (name.equals("__name__")) {
      throw cursor.malformed("label name \"__name__\" is reserved");
    }
    if (!tokenIsUtf8() || !names.isLabelName(name)) {
      throw cursor.malformedToken("invalid label name " + cursor.quotedToken());
    }
  }

  /** Reads a value and what ends it; true if more labels may follow. */
  private boolean readLabelValue(String name, FamilyTable.@Nullable Target sampled) {
    if (sampled != null) {
      checkNotDuplicate(name, sampled);
    }
    cursor.skipBlanks();
    if (cursor.current() != '"') {
      throw cursor.malformed(
          "expected '\"' at start of label value, found " + GoQuote.quoteByte(cursor.current()));
    }
    cursor.readLabelValue();
    if (!tokenIsUtf8()) {
      throw cursor.malformedToken("invalid label value " + cursor.quotedToken());
    }
    String value = tokenText();
    if (sampled == null) {
      earlyLabels.add(name);
      earlyLabels.add(value);
    } else {
      takeLabel(name, value, sampled);
    }
    cursor.skipBlanks();
    if (cursor.current() != ',' && cursor.current() != '}') {
      throw cursor.malformed("unexpected end of label value " + GoQuote.quote(value));
    }
    return cursor.current() == ',';
  }

  private void checkNotDuplicate(String name, FamilyTable.Target sampled) {
    if (!isBound(name, sampled) && labels.has(name)) {
      throw cursor.malformed("duplicate label names for metric " + quotedFamilyName());
    }
  }

  private void takeLabel(String name, String value, FamilyTable.Target sampled) {
    if (!isBound(name, sampled)) {
      labels.add(name, value);
      return;
    }
    bound =
        GoNumbers.parseDouble(value)
            .orElseThrow(
                () ->
                    cursor.malformedToken(
                        "expected float as value for '"
                            + name
                            + "' label, got "
                            + GoQuote.quote(value)));
  }

  /** True for the label that makes a line a bucket of a histogram or a quantile of a summary. */
  private static boolean isBound(String label, FamilyTable.Target sampled) {
    return switch (sampled.family().typeOfSamples()) {
      case SUMMARY -> label.equals("quantile");
      case HISTOGRAM, GAUGE_HISTOGRAM -> label.equals("le");
      case COUNTER, GAUGE, UNTYPED -> false;
    };
  }

  private void readValue(FamilyTable.Target sampled) {
    cursor.readWord();
    OptionalDouble value =
        GoNumbers.parseDouble(cursor.token(), cursor.tokenFrom(), cursor.tokenTo());
    if (value.isEmpty()) {
      throw cursor.malformedToken("expected float as value, got " + cursor.quotedToken());
    }
    addSample(sampled, labels.build(), value.getAsDouble());
    if (!cursor.atNewline()) {
      readTimestamp();
    }
  }

  private void addSample(FamilyTable.Target sampled, Labels sampleLabels, double value) {
    FamilyBuilder family = sampled.family();
    switch (family.typeOfSamples()) {
      case COUNTER -> addSingle(family, new Metric.Counter(sampleLabels, value));
      case GAUGE -> addSingle(family, new Metric.Gauge(sampleLabels, value));
      case UNTYPED -> addSingle(family, new Metric.Untyped(sampleLabels, value));
      case SUMMARY -> addToSummary(sampled.part(), family.summary(sampleLabels), value);
      case HISTOGRAM, GAUGE_HISTOGRAM ->
          addToHistogram(sampled, family.histogram(sampleLabels), value);
    }
  }

  private static void addSingle(FamilyBuilder family, Metric metric) {
    family.add(new MetricBuilder.Single(metric));
  }

  private void addToSummary(FamilyTable.Part part, MetricBuilder.Summary summary, double value) {
    switch (part) {
      case COUNT -> summary.count(value);
      case SUM -> summary.sum(value);
      case PLAIN -> {
        if (!Double.isNaN(bound)) {
          summary.quantile(bound, value);
        }
      }
    }
  }

  private void addToHistogram(
      FamilyTable.Target sampled, MetricBuilder.Histogram histogram, double value) {
    switch (sampled.part()) {
      case COUNT -> {
        if (!histogram.count(value)) {
          throw cursor.malformed("negative count for histogram " + quotedFamilyName());
        }
      }
      case SUM -> histogram.sum(value);
      case PLAIN -> {
        if (!Double.isNaN(bound) && !histogram.bucket(bound, value)) {
          throw cursor.malformed("negative bucket population for histogram " + quotedFamilyName());
        }
      }
    }
  }

  private void readTimestamp() {
    cursor.skipBlanks();
    cursor.readWord();
    if (!GoNumbers.isLong(cursor.token(), cursor.tokenFrom(), cursor.tokenTo())) {
      throw cursor.malformedToken("expected integer as timestamp, got " + cursor.quotedToken());
    }
    timestamped = true;
    cursor.readLineWithoutBackslashes();
    if (!cursor.tokenIsEmpty()) {
      throw cursor.malformedToken("spurious string after timestamp: " + cursor.quotedToken());
    }
  }

  /** Takes the token for the name of a metric and makes its family the current one. */
  private FamilyTable.Target enterFamily() {
    String name = tokenText();
    FamilyTable.Target known = families.find(name);
    if (!tokenIsUtf8() || (known == null && !names.isMetricName(name))) {
      throw cursor.malformedToken("invalid metric name " + cursor.quotedToken());
    }
    if (known == null) {
      known = families.enter(name);
    }
    target = known;
    return known;
  }

  private String quotedFamilyName() {
    return target == null ? "\"\"" : GoQuote.quote(target.family().name());
  }

  private boolean tokenIsUtf8() {
    return Utf8.isValid(cursor.token(), cursor.tokenFrom(), cursor.tokenTo());
  }

  private String tokenText() {
    return strings.decode(cursor.token(), cursor.tokenFrom(), cursor.tokenTo());
  }
}
