package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.NestingKind;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.Types;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Looks at every place where the product makes a hash table, and holds its keys to be such that no
 * client can make the table slow.
 *
 * <p>A client can choose many texts with one hash code. {@code HashMap} and its kin then fall back
 * on the order of the keys, but only if their class itself is {@code Comparable}; the immutable
 * sets and maps of the JDK, and those of Agrona, search through all of them whatever the keys are.
 */
final class HashKeysTest {
  private static final List<String> MODULES = List.of("codec", "cluster", "server");

  /** Tables that compare keys where their hash codes do not tell them apart. */
  private static final Set<String> ORDERED =
      Set.of(
          "java.util.HashMap",
          "java.util.HashSet",
          "java.util.LinkedHashMap",
          "java.util.LinkedHashSet",
          "java.util.concurrent.ConcurrentHashMap");

  /** Tables that cannot, besides all of Agrona. */
  private static final Set<String> PROBING =
      Set.of("java.util.IdentityHashMap", "java.util.WeakHashMap", "java.util.Hashtable");

  private static final Set<String> ORDERED_FACTORIES =
      Set.of(
          "Collectors.toSet",
          "Collectors.toMap",
          "Collectors.groupingBy",
          "Collectors.groupingByConcurrent",
          "Collectors.toConcurrentMap",
          "ConcurrentHashMap.newKeySet",
          "HashMap.newHashMap",
          "HashSet.newHashSet",
          "LinkedHashMap.newLinkedHashMap",
          "LinkedHashSet.newLinkedHashSet",
          "Stream.distinct");

  private static final Set<String> PROBING_FACTORIES =
      Set.of(
          "Set.copyOf",
          "Map.copyOf",
          "Collectors.toUnmodifiableSet",
          "Collectors.toUnmodifiableMap");

  /** Keys that are not ordered, and why no client can choose many of one hash code. */
  private static final Map<String, String> TRUSTED_KEYS =
      Map.ofEntries(
          Map.entry(
              "io.silverback.cluster.message.PeerMessage.ProcessId", "holds the cluster's secret"),
          Map.entry("io.silverback.cluster.View.Removed", "was a member of the cluster"),
          Map.entry("io.silverback.cluster.push.Replicator.Round", "an object of ours"),
          Map.entry("io.silverback.cluster.Member", "is a member of the cluster"),
          Map.entry("io.silverback.cluster.SlotTable.Tenure", "is a member of the cluster"),
          Map.entry("io.silverback.cluster.peer.Arrivals.Origin", "holds the cluster's secret"),
          Map.entry("io.silverback.cluster.peer.Inbound", "an object of ours"),
          Map.entry("io.silverback.cluster.peer.Outbound.Target", "is a member of the cluster"),
          Map.entry("io.silverback.server.http.ServedConnection", "an object of ours"),
          Map.entry("io.silverback.server.storage.maps.ShapeTable.Visit", "an object of ours"),
          Map.entry("io.silverback.server.log.SubjectDigest", "hashed with a secret"),
          Map.entry(
              "org.apache.ratis.thirdparty.com.google.protobuf.ByteString", "the voters of a log"),
          Map.entry("io.silverback.server.web.ClientNetwork", "of a short queue"),
          Map.entry("io.silverback.server.web.PasswordQueue.Applicant", "of a short queue"));

  /** Classes that make probing tables, and why no client can choose many keys of one hash code. */
  private static final Map<String, String> TRUSTED_PLACES =
      Map.ofEntries(
          Map.entry("io.silverback.cluster.agree.Lease", "the voters of a view"),
          Map.entry("io.silverback.cluster.peer.PeerTraffic", "constants"),
          Map.entry("io.silverback.server.flags.LiveConfig", "names of flags"),
          Map.entry("io.silverback.server.handler.ApiHandler", "names of flags"),
          Map.entry("io.silverback.server.handler.EndpointConfig", "names of flags"),
          Map.entry("io.silverback.server.storage.snapshot.GroupRows", "addresses of memory"),
          Map.entry(
              "io.silverback.server.storage.engine.StoreAudit", "numbers that the store gives"),
          Map.entry("io.silverback.server.web.WebConfig", "users of the operator's file"));

  /** A table that is made somewhere. */
  private record Table(String place, String key, boolean isProbing, boolean isOrderedKey) {}

  @Test
  void noTableOfTheProductIsKeyedByWhatAClientCanMakeCollide() throws Exception {
    List<Table> tables = tables();
    var weapons = new TreeSet<String>();
    var usedKeys = new TreeSet<String>();
    var usedPlaces = new TreeSet<String>();
    for (Table table : tables) {
      if (table.isProbing()) {
        usedPlaces.add(table.place());
        if (!TRUSTED_PLACES.containsKey(table.place())) {
          weapons.add(table.place() + " searches through all of one hash code: " + table.key());
        }
      } else if (!table.isOrderedKey()) {
        usedKeys.add(table.key());
        if (!TRUSTED_KEYS.containsKey(table.key())) {
          weapons.add(table.place() + " has keys without an order: " + table.key());
        }
      }
    }

    assertEquals("", String.join("\n", weapons));
    assertEquals(TRUSTED_KEYS.keySet(), usedKeys, "exceptions that are not needed");
    assertEquals(TRUSTED_PLACES.keySet(), usedPlaces, "exceptions that are not needed");
  }

  @Test
  void findsTablesHoweverTheyAreMade() throws Exception {
    Map<String, Set<String>> keys = new TreeMap<>();
    for (Table table : tables()) {
      keys.computeIfAbsent(table.place(), _ -> new TreeSet<>()).add(table.key());
    }

    assertEquals(
        Set.of("io.silverback.codec.model.Labels", "io.silverback.codec.row.MetricLayout"),
        keys.get("io.silverback.codec.row.GroupShape"),
        keys.toString());
    assertTrue(keys.containsKey("io.silverback.server.http.Listener"), keys.toString());
    assertTrue(keys.containsKey("io.silverback.cluster.HashRing"), keys.toString());
  }

  private static List<Table> tables() throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var problems = new DiagnosticCollector<JavaFileObject>();
    try (var files = compiler.getStandardFileManager(problems, null, null)) {
      var sources = new ArrayList<Path>();
      for (String module : MODULES) {
        try (Stream<Path> all = Files.walk(Path.of("..", module, "src", "main", "java"))) {
          all.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
        }
      }
      var options = List.of("-proc:none", "-cp", System.getProperty("java.class.path"));
      var task =
          (JavacTask)
              compiler.getTask(
                  null, files, problems, options, null, files.getJavaFileObjectsFromPaths(sources));
      Iterable<? extends CompilationUnitTree> units = task.parse();
      task.analyze();
      assertTrue(
          problems.getDiagnostics().stream()
              .noneMatch(found -> found.getKind() == javax.tools.Diagnostic.Kind.ERROR),
          () -> problems.getDiagnostics().toString());
      var scanner = new TableScanner(Trees.instance(task), task.getTypes());
      var found = new ArrayList<Table>();
      units.forEach(unit -> scanner.scan(unit, found));
      return found;
    }
  }

  private static final class TableScanner extends TreePathScanner<Object, List<Table>> {
    private final Trees trees;
    private final Types types;

    TableScanner(Trees trees, Types types) {
      this.trees = trees;
      this.types = types;
    }

    @Override
    public Object visitNewClass(NewClassTree tree, List<Table> found) {
      add(trees.getTypeMirror(getCurrentPath()), found);
      return super.visitNewClass(tree, found);
    }

    @Override
    public Object visitMemberReference(MemberReferenceTree tree, List<Table> found) {
      if (tree.getMode() == MemberReferenceTree.ReferenceMode.NEW) {
        add(
            trees.getTypeMirror(new TreePath(getCurrentPath(), tree.getQualifierExpression())),
            found);
      }
      return super.visitMemberReference(tree, found);
    }

    @Override
    public Object visitMethodInvocation(MethodInvocationTree tree, List<Table> found) {
      Element method = trees.getElement(new TreePath(getCurrentPath(), tree.getMethodSelect()));
      Element owner = method.getEnclosingElement();
      String name = owner == null ? "" : owner.getSimpleName() + "." + method.getSimpleName();
      boolean isProbing = PROBING_FACTORIES.contains(name);
      if (isProbing || ORDERED_FACTORIES.contains(name)) {
        TypeMirror made = trees.getTypeMirror(getCurrentPath());
        boolean isCollector = name.startsWith("Collectors.");
        found.add(table(keyOf(isCollector ? argument(made, 2) : made), isProbing));
      }
      return super.visitMethodInvocation(tree, found);
    }

    private void add(TypeMirror type, List<Table> found) {
      // An anonymous class is made for what it extends.
      for (TypeMirror made = type;
          made.getKind() == TypeKind.DECLARED;
          made = ((TypeElement) types.asElement(made)).getSuperclass()) {
        String name = types.erasure(made).toString();
        boolean isProbing =
            PROBING.contains(name)
                || (name.startsWith("org.agrona.collections.") && name.contains("Hash"));
        if (isProbing || ORDERED.contains(name)) {
          found.add(table(keyOf(made), isProbing));
          return;
        }
        if (!name.isEmpty() && ((TypeElement) types.asElement(made)).getSimpleName().length() > 0) {
          return;
        }
      }
    }

    private Table table(TypeMirror key, boolean isProbing) {
      TreePath path = getCurrentPath();
      Element place = null;
      for (TreePath at = path; at != null; at = at.getParentPath()) {
        Element element = trees.getElement(at);
        if (element instanceof TypeElement type && type.getNestingKind() == NestingKind.TOP_LEVEL) {
          place = element;
        }
      }
      return new Table(String.valueOf(place), String.valueOf(key), isProbing, isOrdered(key));
    }

    private static TypeMirror keyOf(TypeMirror table) {
      return argument(table, 0);
    }

    private static TypeMirror argument(TypeMirror type, int index) {
      var arguments = ((DeclaredType) type).getTypeArguments();
      return arguments.isEmpty() ? type : arguments.get(Math.min(index, arguments.size() - 1));
    }

    /** As a HashMap sees it: the class itself says that it is comparable with its own kind. */
    private boolean isOrdered(TypeMirror key) {
      if (!(types.asElement(key) instanceof TypeElement type)) {
        return false;
      }
      return type.getKind() == ElementKind.ENUM
          || type.getInterfaces().stream()
              .anyMatch(
                  it ->
                      types.erasure(it).toString().equals("java.lang.Comparable")
                          && types.isSameType(argument(it, 0), key));
    }
  }
}
