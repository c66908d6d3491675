package io.silverback.cluster.raft;

import static java.util.Map.entry;

import io.silverback.cluster.View;
import io.silverback.codec.bytes.MalformedBytesException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/**
 * The newest committed view, replaced only by the one after it. An entry of the log that is no
 * view, or is of another cluster or generation, or of an epoch that does not follow changes
 * nothing, on every voter alike. A snapshot is the encoded view; empty before the first.
 *
 * <p>Called by threads of Ratis.
 */
final class ViewRegister extends BaseStateMachine {
  private static final System.Logger logger = System.getLogger(ViewRegister.class.getName());

  private static final String UNFINISHED = "unfinished";

  private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
  private final View origin;
  private final Consumer<View> committed;
  private final Runnable leads;
  private volatile @Nullable View newest;
  private volatile boolean failed;

  /**
   * An empty register.
   *
   * @param origin a view of the cluster and the generation
   * @param committed told of each view, in the order of the epochs; must return quickly
   * @param leads told when the server has come to lead; must return quickly
   */
  ViewRegister(View origin, Consumer<View> committed, Runnable leads) {
    this.origin = origin;
    this.committed = committed;
    this.leads = leads;
  }

  Optional<View> newest() {
    return Optional.ofNullable(newest);
  }

  /** True if the log could not be written. */
  boolean failed() {
    return failed;
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage files)
      throws IOException {
    getLifeCycle()
        .startAndTransition(
            () -> {
              super.initialize(server, groupId, files);
              // Missing where a voter came back, of which only the vote was kept.
              Files.createDirectories(files.getStorageDir().getStateMachineDir().toPath());
              storage.init(files);
              load();
            });
  }

  @Override
  public void pause() {
    if (getLifeCycle().transitionIfValid(LifeCycle.State.PAUSING)) {
      getLifeCycle().transition(LifeCycle.State.PAUSED);
    }
  }

  @Override
  public void reinitialize() throws IOException {
    getLifeCycle().startAndTransition(this::load);
  }

  private void load() throws IOException {
    SingleFileSnapshotInfo snapshot = storage.loadLatestSnapshot();
    if (snapshot == null) {
      return;
    }
    Path file = snapshot.getFile().getPath();
    MD5Hash digest = snapshot.getFile().getFileDigest();
    if (digest != null) {
      MD5FileUtil.verifySavedMD5(file.toFile(), MD5FileUtil.computeMd5ForFile(file.toFile()));
    }
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length > 0) {
      replace(decode(bytes));
    }
    setLastAppliedTermIndex(snapshot.getTermIndex());
  }

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) throws IOException {
    decode(request.getMessage().getContent().toByteArray());
    return super.startTransaction(request);
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    LogEntryProto entry = transaction.getLogEntry();
    try {
      View next = decode(entry.getStateMachineLogEntry().getLogData().toByteArray());
      if (follows(next)) {
        replace(next);
      }
    } catch (IOException malformed) {
      logger.log(
          System.Logger.Level.ERROR,
          "an entry of the view log is no view and is skipped",
          entry("index", entry.getIndex()),
          entry("reason", String.valueOf(malformed.getMessage())));
    }
    updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
    return CompletableFuture.completedFuture(Message.EMPTY);
  }

  private boolean follows(View next) {
    View current = newest;
    return current == null
        ? next.clusterId() == origin.clusterId()
            && next.generation() == origin.generation()
            && (next.epoch() == 1 || next.generation() != 0)
        : next.follows(current);
  }

  private void replace(View next) {
    newest = next;
    committed.accept(next);
  }

  static View decode(byte[] bytes) throws IOException {
    try {
      return View.decode(bytes);
    } catch (MalformedBytesException malformed) {
      throw new IOException(malformed.getMessage(), malformed);
    }
  }

  @Override
  public long takeSnapshot() throws IOException {
    TermIndex applied = getLastAppliedTermIndex();
    if (applied.getIndex() < 0) {
      return RaftLog.INVALID_LOG_INDEX;
    }
    View current = newest;
    Path file = storage.getSnapshotFile(applied.getTerm(), applied.getIndex()).toPath();
    // Ratis sends whatever file has the name of a snapshot to those that need one.
    Path part = file.resolveSibling(UNFINISHED);
    Files.write(part, current == null ? new byte[0] : current.encode());
    // The log before it is dropped afterwards.
    try (var channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    MD5Hash digest = MD5FileUtil.computeMd5ForFile(part.toFile());
    MD5FileUtil.saveMD5File(file.toFile(), digest);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file, digest), applied));
    return applied.getIndex();
  }

  @Override
  public SimpleStateMachineStorage getStateMachineStorage() {
    return storage;
  }

  @Override
  public void notifyLeaderReady() {
    leads.run();
  }

  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
    failed = true;
    logger.log(System.Logger.Level.ERROR, "the view log cannot be written", cause);
  }
}
