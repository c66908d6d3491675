package io.silverback.codec.exposition;

/** Which metric and label names are legal. */
public enum NameValidation {
  /** {@code [a-zA-Z_:][a-zA-Z0-9_:]*} for metrics; the same without colons for labels. */
  LEGACY {
    @Override
    public boolean isMetricName(String name) {
      return isLegacy(name, true);
    }

    @Override
    public boolean isLabelName(String name) {
      return isLegacy(name, false);
    }
  },
  /** Any text that is not empty. */
  UTF8 {
    @Override
    public boolean isMetricName(String name) {
      return !name.isEmpty();
    }

    @Override
    public boolean isLabelName(String name) {
      return !name.isEmpty();
    }
  };

  public abstract boolean isMetricName(String name);

  public abstract boolean isLabelName(String name);

  private static boolean isLegacy(String name, boolean colons) {
    if (name.isEmpty()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && !(c == ':' && colons) && !(c >= '0' && c <= '9' && i > 0)) {
        return false;
      }
    }
    return true;
  }
}
