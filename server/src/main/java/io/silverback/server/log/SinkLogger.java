package io.silverback.server.log;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.MissingResourceException;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * A logger of the platform that writes to the gateway's log. Where all parameters of a line are
 * {@link Map.Entry}, they are its fields: so code that does not know {@link Log}, as that of the
 * cluster, can say what varies apart from its sentence.
 */
final class SinkLogger implements System.Logger {
  private final String name;

  SinkLogger(String name) {
    this.name = name;
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public boolean isLoggable(Level level) {
    return Logging.sink().shows(name, level);
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String message,
      @Nullable Throwable thrown) {
    if (isLoggable(level)) {
      LogFields fields = thrown == null ? LogFields.NONE : LogFields.of("err", thrown);
      Logging.sink().write(name, level, localised(bundle, message), fields);
    }
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String format,
      @Nullable Object @Nullable ... parameters) {
    if (!isLoggable(level)) {
      return;
    }
    String text = localised(bundle, format);
    if (parameters != null && parameters.length == 1 && parameters[0] instanceof LogFields fields) {
      Logging.sink().write(name, level, text, fields);
    } else if (parameters != null && areFields(parameters)) {
      Logging.sink().write(name, level, text, fields(parameters));
    } else {
      Logging.sink().write(name, level, filled(text, parameters), LogFields.NONE);
    }
  }

  private static boolean areFields(@Nullable Object... parameters) {
    return parameters.length > 0
        && Arrays.stream(parameters).allMatch(each -> each instanceof Map.Entry<?, ?>);
  }

  private static LogFields fields(@Nullable Object... entries) {
    var keysAndValues = new ArrayList<Object>();
    for (Object each : entries) {
      if (each instanceof Map.Entry<?, ?> field) {
        keysAndValues.add(String.valueOf(field.getKey()));
        keysAndValues.add(field.getValue());
      }
    }
    return LogFields.of(keysAndValues.toArray());
  }

  private static String localised(@Nullable ResourceBundle bundle, @Nullable String key) {
    if (bundle == null || key == null) {
      return String.valueOf(key);
    }
    try {
      return bundle.getString(key);
    } catch (MissingResourceException e) {
      return key;
    }
  }

  private static String filled(String text, @Nullable Object @Nullable [] parameters) {
    if (parameters == null || parameters.length == 0) {
      return text;
    }
    try {
      return MessageFormat.format(text, parameters);
    } catch (IllegalArgumentException e) {
      // A library's text that only looks like a pattern is better shown raw than not at all.
      return text;
    }
  }
}
