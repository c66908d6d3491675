package io.silverback.cluster.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** How Ratis is set up: for few and small entries, and for little memory. */
final class ServerProperties {
  /** A view of the most members there are fits well; a larger one is not proposed. */
  static final int MAX_ENTRY_LENGTH = 256 << 10;

  private static final SizeInBytes ENTRY = SizeInBytes.valueOf(2L * MAX_ENTRY_LENGTH);
  private static final SizeInBytes SEGMENT = SizeInBytes.valueOf(1 << 20);
  private static final int SNAPSHOT_ENTRIES = 20;
  private static final TimeDuration ALONE_MIN = TimeDuration.valueOf(10, TimeUnit.MILLISECONDS);
  private static final TimeDuration ALONE_MAX = TimeDuration.valueOf(20, TimeUnit.MILLISECONDS);

  private ServerProperties() {}

  /**
   * For a server with its files in that folder.
   *
   * @param isAlone true if it begins a log of which it is the only voter, so that it need not wait
   *     for the word of another one before it asks to be elected
   */
  static RaftProperties of(RatisConfig settings, Path folder, boolean isAlone) {
    var properties = new RaftProperties();
    RaftConfigKeys.Rpc.setType(properties, new ExchangeRpcType());
    RaftServerConfigKeys.setStorageDir(properties, List.of(folder.toFile()));
    // A process that slept for long goes on; it is no leader when it wakes.
    RaftServerConfigKeys.setCloseThreshold(properties, TimeDuration.valueOf(10_000, TimeUnit.DAYS));
    RaftServerConfigKeys.setStagingTimeout(properties, TimeDuration.valueOf(10, TimeUnit.SECONDS));
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        properties, duration(settings.electionMax()));
    times(properties, settings);
    if (isAlone) {
      RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, ALONE_MIN);
      RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, ALONE_MAX);
    }
    log(properties);
    return properties;
  }

  private static void times(RaftProperties properties, RatisConfig settings) {
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, duration(settings.electionMin()));
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, duration(settings.electionMax()));
    RaftServerConfigKeys.Rpc.setRequestTimeout(properties, duration(settings.requestTimeout()));
    RaftServerConfigKeys.Rpc.setSleepTime(
        properties, TimeDuration.valueOf(50, TimeUnit.MILLISECONDS));
    RaftServerConfigKeys.RetryCache.setExpiryTime(
        properties, TimeDuration.valueOf(10, TimeUnit.SECONDS));
    RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
  }

  private static void log(RaftProperties properties) {
    RaftServerConfigKeys.Write.setElementLimit(properties, 64);
    RaftServerConfigKeys.Write.setByteLimit(properties, SizeInBytes.valueOf(4L * MAX_ENTRY_LENGTH));
    // It takes other entries that begin at the same place for the same.
    RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(properties, false);
    RaftServerConfigKeys.Log.setForceSyncNum(properties, 1);
    RaftServerConfigKeys.Log.setQueueElementLimit(properties, 64);
    RaftServerConfigKeys.Log.setQueueByteLimit(
        properties, SizeInBytes.valueOf(4L * MAX_ENTRY_LENGTH));
    RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SEGMENT);
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SEGMENT);
    RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf(64 << 10));
    RaftServerConfigKeys.Log.setWriteBufferSize(
        properties, SizeInBytes.valueOf(3L * MAX_ENTRY_LENGTH));
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
    RaftServerConfigKeys.Log.setPurgeGap(properties, SNAPSHOT_ENTRIES);
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, ENTRY);
    RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(properties, ENTRY);
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
    RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, SNAPSHOT_ENTRIES);
    RaftServerConfigKeys.Snapshot.setCreationGap(properties, SNAPSHOT_ENTRIES);
    RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, 2);
    RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
  }

  private static TimeDuration duration(Duration duration) {
    return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
  }
}
