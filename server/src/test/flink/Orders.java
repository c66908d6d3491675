import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * Runs a job in a cluster of Flink within this process, until there is a file: Orders CONF NAME
 * FILE. CONF is a folder with a config.yaml of Flink.
 */
public final class Orders {
  private static final int PARALLELISM = 2;
  private static final double ORDERS_PER_SECOND = 100;
  private static final long LOOK_INTERVAL_MILLIS = 100;

  private Orders() {}

  public static void main(String[] args) throws Exception {
    Configuration configuration = GlobalConfiguration.loadConfiguration(args[0]);
    Path end = Path.of(args[2]);
    MiniClusterConfiguration settings =
        new MiniClusterConfiguration.Builder()
            .setConfiguration(configuration)
            .setCommonBindAddress("127.0.0.1")
            .setNumTaskManagers(PARALLELISM)
            .withRandomPorts()
            .build();
    try (MiniCluster cluster = new MiniCluster(settings)) {
      cluster.start();
      JobGraph graph = job(configuration, args[1]);
      JobID id = graph.getJobID();
      cluster.runDetached(graph);
      while (Files.notExists(end)) {
        Thread.sleep(LOOK_INTERVAL_MILLIS);
      }
      cluster.cancelJob(id).get();
      cluster.requestJobResult(id).get();
    }
  }

  private static JobGraph job(Configuration configuration, String name) {
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(PARALLELISM);
    DataGeneratorSource<Long> orders =
        new DataGeneratorSource<>(
            number -> number,
            Long.MAX_VALUE,
            RateLimiterStrategy.perSecond(ORDERS_PER_SECOND),
            Types.LONG);
    environment
        .fromSource(orders, WatermarkStrategy.noWatermarks(), "orders")
        .keyBy(number -> number % PARALLELISM)
        .reduce(Long::sum)
        .sinkTo(new DiscardingSink<>());
    StreamGraph graph = environment.getStreamGraph();
    graph.setJobName(name);
    return graph.getJobGraph();
  }
}
