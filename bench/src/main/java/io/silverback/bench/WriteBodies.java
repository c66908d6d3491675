package io.silverback.bench;

import io.silverback.codec.model.GroupingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Writes the bodies of a load run into a folder: {@code WriteBodies FOLDER flink|batch GROUPS
 * ROUNDS}.
 *
 * <p>{@code keys.tsv} gets a line per group: series in a body, then names and values of the
 * grouping labels. A Flink body is a file {@code GROUP-ROUND.txt}; batch bodies do not depend on
 * the group and are files {@code ROUND.txt}.
 */
public final class WriteBodies {
  private WriteBodies() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 4) {
      System.err.println("usage: WriteBodies FOLDER flink|batch GROUPS ROUNDS");
      System.exit(2);
    }
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    int groups = Integer.parseInt(arguments[2]);
    int rounds = Integer.parseInt(arguments[3]);
    switch (arguments[1]) {
      case "flink" -> {
        writeKeys(folder, groups, Workloads.FLINK_SERIES, Workloads::flinkKey);
        for (int group = 0; group < groups; group++) {
          for (int round = 0; round < rounds; round++) {
            Path file = folder.resolve(group + "-" + round + ".txt");
            Files.write(file, Workloads.flinkBody(group, round));
          }
        }
      }
      case "batch" -> {
        writeKeys(folder, groups, Workloads.BATCH_SERIES, Workloads::batchKey);
        for (int round = 0; round < rounds; round++) {
          Files.write(folder.resolve(round + ".txt"), Workloads.batchBody(round));
        }
      }
      default -> throw new IllegalArgumentException("unknown workload: name=" + arguments[1]);
    }
  }

  private static void writeKeys(
      Path folder, int groups, int series, IntFunction<GroupingKey> keyOfGroup) throws IOException {
    List<String> lines = new ArrayList<>(groups);
    for (int group = 0; group < groups; group++) {
      var labels = keyOfGroup.apply(group).labels();
      var line = new StringBuilder().append(series);
      for (int i = 0; i < labels.size(); i++) {
        line.append('\t').append(labels.name(i)).append('\t').append(labels.value(i));
      }
      lines.add(line.toString());
    }
    Files.write(folder.resolve("keys.tsv"), lines);
  }
}
