package io.silverback.server.permission;

import io.silverback.server.group.select.GroupSelector;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.web.ClientCertificate;
import io.silverback.server.yaml.Faults;
import io.silverback.server.yaml.YamlDocument;
import io.silverback.server.yaml.YamlSection;
import io.silverback.server.yaml.YamlValue.Text;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Reads the file of {@code --web.permissions.file}, and finds all that is wrong with it. The files
 * that it names are not read.
 */
final class PermissionReader {
  /** Each costs a look at a request with a certificate or a token. */
  private static final int MOST_CLIENTS = 1000;

  private static final int MOST_TOKEN_FILES = 1000;

  private static final String ANYONE = "anyone";
  private static final String CLIENTS = "clients";
  private static final String NAME = "name";
  private static final String USERS = "users";
  private static final String SANS = "certificate_sans";
  private static final String COMMON_NAMES = "certificate_common_names";
  private static final String TOKEN_FILES = "token_files";
  private static final String RIGHTS = "rights";
  private static final String GROUPS = "groups";

  private static final Set<String> ROOT_KEYS = Set.of(ANYONE, CLIENTS);
  private static final List<String> PROOFS = List.of(USERS, SANS, COMMON_NAMES, TOKEN_FILES);
  private static final Set<String> CLIENT_KEYS =
      Set.of(NAME, USERS, SANS, COMMON_NAMES, TOKEN_FILES, RIGHTS, GROUPS);

  private final Path file;
  private final Optional<WebUsers> web;
  private final Faults faults;
  private final GroupSelector.Reader selectors = new GroupSelector.Reader();

  /** What can be said once only, with its key. */
  private final Set<String> taken = new HashSet<>();

  private int tokenFiles;

  private PermissionReader(Path file, Optional<WebUsers> web, Faults faults) {
    this.file = file;
    this.web = web;
    this.faults = faults;
  }

  /**
   * What was made of a file.
   *
   * @param faults a line each, empty if all could be read
   */
  record Result(PermissionTable table, List<String> faults) {
    Result {
      faults = List.copyOf(faults);
    }
  }

  /**
   * Reads the bytes of a file; relative names in it are taken relative to the file's folder.
   *
   * @param web what users and certificates there must be; empty if that is no matter now
   */
  static Result read(Path file, byte[] content, Optional<WebUsers> web) {
    var faults = new Faults();
    var reader = new PermissionReader(file, web, faults);
    PermissionTable table =
        faults.attempt(
            new PermissionTable(Set.of(), List.of()),
            () -> reader.read(YamlSection.root(file, YamlDocument.read(file, content))));
    return new Result(table, faults.messages());
  }

  private PermissionTable read(YamlSection root) {
    faults.addUnknownKeys(root, ROOT_KEYS);
    Set<Right> anyone = rights(root, ANYONE);
    var clients = new ArrayList<Client>();
    int count = faults.attempt(0, () -> root.size(CLIENTS));
    if (count > MOST_CLIENTS) {
      throw root.fault(CLIENTS, "more than " + MOST_CLIENTS + " clients");
    }
    for (int i = 0; i < count; i++) {
      int index = i;
      faults.attempt(false, () -> clients.add(client(root.item(CLIENTS, index), anyone)));
    }
    return new PermissionTable(anyone, clients);
  }

  /** Reads each key although others are at fault, so that one look at a file finds all faults. */
  private Client client(YamlSection section, Set<Right> anyone) {
    faults.addUnknownKeys(section, CLIENT_KEYS);
    String name = faults.attempt("", () -> section.text(NAME));
    if (name.isEmpty()) {
      faults.add(section.fault("", "needs a " + NAME));
    } else {
      takeOnce(section, NAME, section.located(NAME));
    }
    if (PROOFS.stream().noneMatch(section::has)) {
      faults.add(section.fault("", "needs one of " + String.join(", ", PROOFS)));
    }
    Set<Right> rights = rights(section, RIGHTS);
    if (!section.has(RIGHTS)) {
      faults.add(section.fault("", "needs " + RIGHTS));
    }
    rights.addAll(anyone);
    return new Client(
        new Caller(name, rights, reach(section)),
        users(section),
        certificates(section, SANS, ClientCertificate::asWritten),
        certificates(section, COMMON_NAMES, UnaryOperator.identity()),
        tokens(section));
  }

  private Set<String> users(YamlSection section) {
    for (Text user : list(section, USERS)) {
      if (web.isPresent() && !web.get().names().contains(user.text())) {
        faults.add(
            section.fault(USERS, "no such user in basic_auth_users of --web.config.file", user));
      }
    }
    return names(section, USERS, UnaryOperator.identity());
  }

  private Set<String> certificates(
      YamlSection section, String key, UnaryOperator<String> spelling) {
    if (section.has(key) && web.isPresent() && !web.get().areCertificatesVerified()) {
      faults.add(
          section.fault(
              key,
              "counts only if --web.config.file has certificates verified, set client_auth_type to"
                  + " VerifyClientCertIfGiven or RequireAndVerifyClientCert"));
    }
    return names(section, key, spelling);
  }

  private Set<Right> rights(YamlSection section, String key) {
    Set<Right> rights = EnumSet.noneOf(Right.class);
    for (Text text : list(section, key)) {
      Right.labelled(text.text())
          .ifPresentOrElse(
              rights::add,
              () ->
                  faults.add(
                      section.fault(
                          key,
                          "expected "
                              + Arrays.stream(Right.values())
                                  .map(Right::label)
                                  .collect(Collectors.joining(", "))
                              + " but got",
                          text)));
    }
    return rights;
  }

  private Reach reach(YamlSection section) {
    List<Text> texts = list(section, GROUPS);
    // A list that a template left empty must not mean all groups.
    if (section.keys().contains(GROUPS) && texts.isEmpty()) {
      faults.add(section.fault(GROUPS, "needs a selector; leave the key out for all groups"));
    }
    var read = new ArrayList<GroupSelector>();
    for (Text text : texts) {
      faults.attempt(false, () -> read.add(selector(section, text)));
    }
    return new Reach(read, texts.stream().map(Text::text).toList());
  }

  private GroupSelector selector(YamlSection section, Text text) {
    try {
      return selectors.read(text.text());
    } catch (MalformedSelectorException e) {
      throw section.fault(GROUPS, e.getMessage() + ", in", text);
    }
  }

  private Set<String> names(YamlSection section, String key, UnaryOperator<String> spelling) {
    var names = new LinkedHashSet<String>();
    for (Text text : list(section, key)) {
      String name = spelling.apply(text.text());
      if (name.isEmpty()) {
        faults.add(section.fault(key, "a name must not be empty"));
      } else {
        takeOnce(section, key, text);
        names.add(name);
      }
    }
    return names;
  }

  private List<TokenFile> tokens(YamlSection section) {
    var files = new ArrayList<TokenFile>();
    for (Text text : list(section, TOKEN_FILES)) {
      tokenFiles++;
      if (tokenFiles > MOST_TOKEN_FILES) {
        throw section.fault(TOKEN_FILES, "more than " + MOST_TOKEN_FILES + " files of tokens");
      }
      takeOnce(section, TOKEN_FILES, text);
      try {
        files.add(new TokenFile(file.resolveSibling(text.text())));
      } catch (InvalidPathException _) {
        faults.add(section.fault(TOKEN_FILES, "not the path of a file", text));
      }
    }
    return files;
  }

  private List<Text> list(YamlSection section, String key) {
    return section.has(key) ? faults.attempt(List.of(), () -> section.list(key)) : List.of();
  }

  private void takeOnce(YamlSection section, String key, Text value) {
    if (!taken.add(key + " " + value.text())) {
      faults.add(section.fault(key, "is there twice:", value));
    }
  }
}
