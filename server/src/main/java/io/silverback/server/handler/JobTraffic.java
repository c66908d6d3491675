package io.silverback.server.handler;

import io.silverback.server.handler.HeavyNames.Heavy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How often each job was pushed to since the start, for the busiest jobs. Thread-safe, and of fixed
 * size whatever the jobs are called.
 */
public final class JobTraffic {
  /** Jobs are spread over that many tables by their names, so that few wait for one another. */
  private static final int TABLES = 16;

  private static final int ROOM = 64;

  private final List<Table> tables = Stream.generate(Table::new).limit(TABLES).toList();

  /** Counts a push that was taken, or one that was refused. */
  void count(String job, boolean taken) {
    String name = JobName.shown(job);
    Table table = tableOf(name);
    synchronized (table) {
      (taken ? table.pushes : table.refusals).add(name, 1);
    }
  }

  /** By a name as it is shown. */
  long pushes(String job) {
    Table table = tableOf(job);
    synchronized (table) {
      return table.pushes.sum(job);
    }
  }

  /** By a name as it is shown. */
  long refusals(String job) {
    Table table = tableOf(job);
    synchronized (table) {
      return table.refusals.sum(job);
    }
  }

  /** The jobs with the most pushes, or refusals, in any order. */
  List<Heavy> busiest(boolean byRefusals) {
    var all = new ArrayList<Heavy>();
    for (Table table : tables) {
      synchronized (table) {
        all.addAll((byRefusals ? table.refusals : table.pushes).all());
      }
    }
    return all;
  }

  private Table tableOf(String job) {
    return tables.get(Math.floorMod(job.hashCode(), TABLES));
  }

  private static final class Table {
    private final HeavyNames pushes = new HeavyNames(ROOM);
    private final HeavyNames refusals = new HeavyNames(ROOM);
  }
}
