package io.silverback.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The exposition of one Flink task manager: gauges of its JVM, and of each operator in each slot.
 *
 * <p>The series of an operator take turns in being constant, a counter, a random number with three
 * decimals, and a random number near a fixed one.
 */
final class FlinkWorkload {
  private static final List<String> OPERATORS =
      List.of(
          "Source: kafka-payments",
          "Map",
          "FlatMap: enrich",
          "Filter",
          "KeyedProcess: deduplicate",
          "Window(TumblingEventTimeWindows(60000))",
          "CoGroup(left=right)",
          "Sink: warehouse");

  private static final List<String> OPERATOR_METRICS =
      List.of(
          "numRecordsIn",
          "numRecordsOut",
          "numRecordsInPerSecond",
          "numRecordsOutPerSecond",
          "numBytesIn",
          "numBytesOut",
          "numBytesInPerSecond",
          "numBytesOutPerSecond",
          "numLateRecordsDropped",
          "currentInputWatermark",
          "currentOutputWatermark",
          "watermarkLag",
          "busyTimeMsPerSecond",
          "idleTimeMsPerSecond",
          "backPressuredTimeMsPerSecond",
          "isBackPressured",
          "buffers_inPoolUsage",
          "buffers_outPoolUsage",
          "buffers_inputQueueLength",
          "buffers_outputQueueLength",
          "checkpointAlignmentTime",
          "checkpointStartDelayNanos",
          "Shuffle_Netty_Input_numBytesInLocal",
          "Shuffle_Netty_Input_numBytesInRemote",
          "Shuffle_Netty_Output_numBuffersOut");

  private static final List<String> JVM_METRICS =
      List.of(
          "CPU_Load",
          "CPU_Time",
          "Memory_Heap_Used",
          "Memory_Heap_Committed",
          "Memory_Heap_Max",
          "Memory_NonHeap_Used",
          "Memory_Direct_Count",
          "Memory_Direct_MemoryUsed",
          "Threads_Count",
          "GarbageCollector_G1_Young_Generation_Count",
          "GarbageCollector_G1_Young_Generation_Time",
          "ClassLoader_ClassesLoaded");

  private static final int SLOTS = 8;
  private static final int PROCESSES_PER_JOB = 34;

  static final int SERIES = JVM_METRICS.size() + OPERATOR_METRICS.size() * OPERATORS.size() * SLOTS;

  private final int process;
  private final int job;
  private final String host;
  private final String taskManager;

  FlinkWorkload(int process) {
    this.process = process;
    this.job = process / PROCESSES_PER_JOB;
    this.host = "worker-%03d.prod.example.com".formatted(process % PROCESSES_PER_JOB);
    this.taskManager = "container_e17_1700000000000_%04d_01_%06d".formatted(job, process);
  }

  String body(int round) {
    var text = new StringBuilder(1 << 20);
    SplittableRandom fresh = Workloads.random("jvm", process, round);
    for (String metric : JVM_METRICS) {
      String name = header(text, "taskmanager_Status_JVM", metric);
      text.append(name).append('{');
      text.append("host=\"").append(host).append("\",tm_id=\"").append(taskManager).append("\"} ");
      text.append((double) fresh.nextInt(1_000_000_000)).append('\n');
    }
    List<String> labels = operatorLabels();
    for (int metric = 0; metric < OPERATOR_METRICS.size(); metric++) {
      String name = header(text, "taskmanager_job_task_operator", OPERATOR_METRICS.get(metric));
      for (int series = 0; series < labels.size(); series++) {
        text.append(name).append(labels.get(series)).append(' ');
        text.append(value(metric, series, round)).append('\n');
      }
    }
    return text.toString();
  }

  private static String header(StringBuilder text, String scope, String metric) {
    String name = "flink_" + scope + '_' + metric;
    text.append("# HELP ").append(name).append(' ').append(metric);
    text.append(" (scope: ").append(scope).append(")\n");
    text.append("# TYPE ").append(name).append(" gauge\n");
    return name;
  }

  private List<String> operatorLabels() {
    String jobId = Workloads.identifier("job", job);
    var labels = new ArrayList<String>();
    for (int operator = 0; operator < OPERATORS.size(); operator++) {
      String task = Workloads.identifier("task", job, operator);
      String name = OPERATORS.get(operator);
      for (int slot = 0; slot < SLOTS; slot++) {
        String attempt = Workloads.identifier("attempt", process, operator, slot);
        labels.add(
            ("{job_id=\"%s\",task_id=\"%s\",task_attempt_id=\"%s\",host=\"%s\",operator_id=\"%s\","
                    + "operator_name=\"%s\",task_name=\"%s\",task_attempt_num=\"0\","
                    + "job_name=\"payments-pipeline-%d\",tm_id=\"%s\",subtask_index=\"%d\"}")
                .formatted(
                    jobId,
                    task,
                    attempt,
                    host,
                    task.substring(0, 16),
                    name,
                    name,
                    job,
                    taskManager,
                    process % PROCESSES_PER_JOB * SLOTS + slot));
      }
    }
    return labels;
  }

  private double value(int metric, int series, int round) {
    int base = Workloads.random("base", process, metric, series).nextInt(1_000_000);
    SplittableRandom fresh = Workloads.random("value", process, metric, series, round);
    return switch ((series / SLOTS + series) % 4) {
      case 0 -> base;
      // Each round adds 1 to 49, so the counter never goes back.
      case 1 -> base + 25.0 * round + fresh.nextInt(25);
      case 2 -> fresh.nextInt(1_000_000) / 1000.0;
      default -> base + fresh.nextInt(10);
    };
  }
}
