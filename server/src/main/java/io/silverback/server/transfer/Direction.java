package io.silverback.server.transfer;

/** Which way the groups go. */
enum Direction {
  IMPORT(
      "import",
      "Brings the groups of a running Pushgateway, with their push times, to a running Silverback"
          + " that was started with --web.enable-admin-api. A group that is as new there is left"
          + " alone, so an import may be repeated."),
  EXPORT(
      "export",
      "Pushes the groups of a running Silverback to another server, such as a Pushgateway. Push"
          + " times become those of the export.");

  private final String command;
  private final String description;

  Direction(String command, String description) {
    this.command = command;
    this.description = description;
  }

  String command() {
    return command;
  }

  String description() {
    return description;
  }

  boolean isImport() {
    return this == IMPORT;
  }
}
