package io.silverback.cluster.raft;

import static java.util.Map.entry;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.protocol.RaftClientReply;
import org.jspecify.annotations.Nullable;

/**
 * The agreed sequence of views in a replicated log of Apache Ratis, whose servers talk over a
 * {@link Network}. A member of which nothing is known, and one that does not vote, runs no server.
 * Thread-safe; no method waits for another node or for the disk but the constructor, which reads
 * one small file, and {@link #close}.
 *
 * <p>Longer than other classes, as one thread brings the server from any state to where it should
 * be.
 */
public final class RatisViewLog implements ViewLog {
  /*
   * Implementation notes
   *
   * Everything that starts, ends or asks a server is done by one thread, again and again: callers
   * only say what they know, and the thread brings the server there. So nothing has to be repeated
   * by a caller, and no order of calls matters.
   *
   * A voter is named by its store. It may be removed from the list of voters and come back under
   * the same name, so its term and its vote outlive its log.
   *
   * The list of voters that counts is the one in the log of Ratis. It follows that of the view,
   * hence a member that the view does not call a voter any more goes on until the others removed
   * it: its voice may be needed for that.
   */

  private static final System.Logger logger = System.getLogger(RatisViewLog.class.getName());

  /** How long after a failure a server is started again. */
  private static final Duration RESTART = Duration.ofSeconds(5);

  private final RatisConfig settings;
  private final ViewFiles files;
  private final PeerAddresses addresses = new PeerAddresses();
  private final Exchange exchange;
  private final ScheduledExecutorService worker;
  private final AtomicInteger proposals = new AtomicInteger();

  private final Object lock = new Object();

  /** The newest view that was told or followed. Guarded by the lock, like the next four. */
  private @Nullable View newest;

  private @Nullable View told;
  private @Nullable Refounding refounding;
  private @Nullable View first;
  private List<Member> wantedVoters = List.of();

  private volatile Optional<View> newestOfTwo = Optional.empty();
  private volatile @Nullable LogServer server;
  private volatile @Nullable ExchangeRpc rpc;
  private volatile boolean closed;

  /** Looks after the server; nothing before the start. */
  private volatile Runnable keep = () -> {};

  /** When the server last led or knew who does, or had no reason to. */
  private volatile long touchedNanos = System.nanoTime();

  /** A new log to begin with that view, if the old one has that newest one. */
  private record Refounding(View first, Optional<View> newest) {}

  /** How an attempt to change the voters ended; {@code BROKEN}: this leader can change no more. */
  private enum Change {
    DONE,
    REFUSED,
    BROKEN;

    static Change of(@Nullable RaftClientReply reply, @Nullable Throwable failure) {
      if (reply != null) {
        return reply.isSuccess() ? DONE : REFUSED;
      }
      return failure instanceof CompletionException wrapped
              && wrapped.getCause() instanceof RuntimeException
          ? BROKEN
          : REFUSED;
    }
  }

  // Of the worker alone.
  private Optional<View> written;
  private long restartNanos = System.nanoTime();
  private @Nullable CompletableFuture<Change> change;
  private long changeNanos;
  private long pushedNanos;
  private boolean removeFirst;
  private String lastFailure = "";

  /**
   * A log that does nothing before {@link #start}.
   *
   * @param folder for its files; made where it is missing
   * @throws UncheckedIOException if the folder cannot be made or read
   */
  public RatisViewLog(Network network, Path folder, RatisConfig settings) {
    RatisLoggers.quiet();
    this.settings = settings;
    this.files = new ViewFiles(folder);
    this.exchange = new Exchange(network, settings.maxRequests(), this::answer);
    this.worker =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("silverback-view-log").factory());
    files.view().ifPresent(this::know);
    files.seed().ifPresent(seed -> know(seed.view()));
    this.written = remembered();
  }

  private byte[] answer(Network.Sender from, int topic, byte[] request) throws IOException {
    ExchangeRpc current = rpc;
    if (current == null) {
      throw new IOException("no server runs: topic=" + topic);
    }
    return current.answer(from, topic, request);
  }

  @Override
  public void start(Member self, Listener listener) {
    exchange.start();
    keep = () -> keep(self, listener);
    var unused =
        worker.scheduleWithFixedDelay(
            keep, 0, settings.housekeeping().toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public Optional<View> remembered() {
    synchronized (lock) {
      return Optional.ofNullable(newest);
    }
  }

  @Override
  public void bootstrap(View view) {
    synchronized (lock) {
      if (newest != null && newest.clusterId() != view.clusterId()) {
        return;
      }
      first = view;
    }
    addresses.learn(view.voters());
  }

  @Override
  public void follow(View view) {
    know(view);
  }

  /** Takes note of a view if it is the newest one. */
  private void know(View view) {
    synchronized (lock) {
      View known = newest;
      if (known != null && known.clusterId() == view.clusterId() && !view.isAfter(known)) {
        return;
      }
      newest = view;
    }
    addresses.learn(view.members());
  }

  private long newestEpoch() {
    synchronized (lock) {
      return newest == null ? 0 : newest.epoch();
    }
  }

  @Override
  public Optional<View> newestOfTwo() {
    return newestOfTwo;
  }

  @Override
  public void refound(View first, Optional<View> expected) {
    boolean isWaiting;
    synchronized (lock) {
      isWaiting = refounding != null;
      refounding = new Refounding(first, expected);
    }
    if (!isWaiting) {
      soon(keep);
    }
  }

  /** Has the worker do something before the next time that it looks after its server. */
  private void soon(Runnable work) {
    try {
      worker.execute(work);
    } catch (RejectedExecutionException _) {
      // It is closed.
    }
  }

  @Override
  public boolean isProposer() {
    LogServer current = server;
    return current != null && current.leads();
  }

  @Override
  public void propose(View next) {
    byte[] view = next.encode();
    if (view.length > ServerProperties.MAX_ENTRY_LENGTH) {
      logger.log(
          System.Logger.Level.ERROR,
          "a view is too large to be agreed on",
          entry("epoch", next.epoch()),
          entry("length", view.length),
          entry("limit", ServerProperties.MAX_ENTRY_LENGTH));
      return;
    }
    if (proposals.incrementAndGet() > settings.maxProposals()) {
      proposals.decrementAndGet();
      return;
    }
    try {
      worker.execute(() -> proposeNow(view));
    } catch (RejectedExecutionException _) {
      proposals.decrementAndGet();
    }
  }

  private void proposeNow(byte[] view) {
    LogServer current = server;
    if (current == null || !current.leads()) {
      proposals.decrementAndGet();
      return;
    }
    try {
      // Whether it was committed is told by the register: an error means that nobody knows yet.
      var unused =
          current
              .propose(view)
              .orTimeout(settings.changeTimeout().toNanos(), TimeUnit.NANOSECONDS)
              .whenComplete((_, _) -> proposals.decrementAndGet());
    } catch (IOException | RuntimeException _) {
      proposals.decrementAndGet();
    }
  }

  @Override
  public void heard(List<Member> members) {
    addresses.heard(members);
  }

  @Override
  public void reconcile(List<Member> voters) {
    addresses.learn(voters);
    synchronized (lock) {
      wantedVoters = List.copyOf(voters);
    }
  }

  @Override
  public List<Long> libraryVoters() {
    LogServer current = server;
    return current == null ? List.of() : current.voters();
  }

  @Override
  public Optional<Agreed> agreed() {
    LogServer current = server;
    return current == null ? Optional.empty() : current.agreed();
  }

  @Override
  public List<Follower> followers() {
    LogServer current = server;
    if (current == null || current.joins()) {
      return List.of();
    }
    if (current.leads()) {
      return current.followers();
    }
    long silent = (System.nanoTime() - touchedNanos) / 1_000_000;
    return List.of(new Follower(current.seed().storeId(), silent, current.entriesBehind()));
  }

  @Override
  public boolean reaches(long index) {
    LogServer current = server;
    return current != null && current.reaches(index);
  }

  /** Brings the server to where it should be; done by the worker alone. */
  private void keep(Member self, Listener listener) {
    try {
      writeNewest();
      refound(self);
      endServer(self);
      if (server == null && System.nanoTime() - restartNanos >= 0) {
        startServer(self, listener);
      }
      proposeFirst();
      changeVoters();
      LogServer current = server;
      newestOfTwo = current == null ? Optional.empty() : current.newestOfTwo();
      noteTouch();
    } catch (IOException | RuntimeException failure) {
      restartNanos = System.nanoTime() + RESTART.toNanos();
      logOnce(failure);
    }
  }

  /** Of a thread that hangs, too, the others are to hear. */
  private void noteTouch() {
    LogServer current = server;
    if (current == null || current.joins() || current.isInTouch()) {
      touchedNanos = System.nanoTime();
    }
  }

  private void logOnce(Exception failure) {
    String text = failure.toString();
    if (!text.equals(lastFailure)) {
      lastFailure = text;
      logger.log(System.Logger.Level.ERROR, "the view log cannot go on, and tries again", failure);
    }
  }

  private void writeNewest() throws IOException {
    Optional<View> view = remembered();
    if (view.isPresent() && !view.equals(written)) {
      files.writeView(view.get());
      written = view;
    }
  }

  /**
   * Replaces the log by a new one. From the moment on at which the seed is written this node goes
   * by it, whatever happens.
   */
  private void refound(Member self) throws IOException {
    Refounding wanted;
    synchronized (lock) {
      wanted = refounding;
      refounding = null;
    }
    LogServer current = server;
    if (wanted == null || isBegun(wanted.first())) {
      return;
    }
    if (wanted.newest().isPresent()
        && (current == null || !current.newestOfTwo().equals(wanted.newest()))) {
      return;
    }
    closeOrFail(current, false);
    files.writeSeed(new Seed(self.storeId(), true, wanted.first()));
    restartNanos = System.nanoTime();
    logger.log(
        System.Logger.Level.WARNING,
        "the log of the views begins anew with this node alone",
        entry("generation", wanted.first().refoundings()),
        entry("epoch", wanted.first().epoch()));
  }

  /** True if the newest view or the log is of that generation, or a later one. */
  private boolean isBegun(View first) {
    return remembered().filter(view -> view.generation() >= first.generation()).isPresent()
        || files.seed().filter(seed -> seed.view().generation() >= first.generation()).isPresent();
  }

  private void closeOrFail(@Nullable LogServer current, boolean isNeeded) throws IOException {
    if (current != null && !close(current, isNeeded)) {
      throw new IOException("the server of the view log does not end");
    }
    server = null;
    rpc = null;
  }

  private boolean close(LogServer current, boolean isNeeded) {
    ExchangeRpc transport = rpc;
    if (transport != null) {
      transport.close();
    }
    return current.close(settings.closeTimeout().toNanos(), isNeeded);
  }

  /** Ends a server that has ended by itself, or that is of no use any more. */
  private void endServer(Member self) throws IOException {
    LogServer current = server;
    if (current == null) {
      return;
    }
    boolean dead = current.isDead();
    boolean failed = dead && current.failed();
    boolean stray = false;
    Optional<View> view = remembered();
    boolean outdated =
        view.isPresent() && view.get().generation() > current.seed().view().generation();
    boolean elsewhere =
        view.isPresent() && view.get().clusterId() != current.seed().view().clusterId();
    if (elsewhere || outdated) {
      stray = outdated || votes(view.get(), self);
    } else if (view.isPresent() && view.get().epoch() > current.seed().view().epoch()) {
      stray = current.joins() && !votes(view.get(), self);
    }
    if (!dead && !stray) {
      return;
    }
    closeOrFail(current, true);
    if (failed && !outdated) {
      restartNanos = System.nanoTime() + RESTART.toNanos();
      return;
    }
    if (!stray && view.isPresent() && votes(view.get(), self)) {
      // The others removed it, or it only ended: as they want its vote again, what it granted and
      // stored still binds it.
      return;
    }
    files.putAside(!elsewhere && !outdated);
    logger.log(
        System.Logger.Level.INFO,
        "this node is no voter any more, its log is put aside",
        entry("epoch", newestEpoch()));
  }

  private void startServer(Member self, Listener listener) throws IOException {
    Optional<Seed> seed = files.seed();
    if (seed.isPresent() && seed.get().storeId() != self.storeId()) {
      logger.log(
          System.Logger.Level.WARNING,
          "the view log is of another store and is put aside",
          entry("store_id", PeerAddresses.peerId(self)));
      files.putAside(false);
      seed = Optional.empty();
    }
    if (seed.isPresent() && isOutdated(seed.get())) {
      files.putAside(false);
      seed = Optional.empty();
    }
    if (seed.isEmpty()) {
      seed = newSeed(self);
      if (seed.isEmpty()) {
        return;
      }
      files.writeSeed(seed.get());
    }
    files.keepOnly(LogServer.folderOf(seed.get().view()));
    addresses.learn(seed.get().view().voters());
    remembered().ifPresent(view -> addresses.learn(view.members()));
    var transport = new ExchangeRpc(exchange, addresses, settings);
    rpc = transport;
    server =
        new LogServer(
            seed.get(),
            settings,
            files.log(),
            transport,
            view -> committed(view, listener),
            () -> soon(this::proposeFirst));
    lastFailure = "";
  }

  private boolean isOutdated(Seed seed) {
    return remembered()
        .filter(view -> view.clusterId() == seed.view().clusterId())
        .filter(view -> view.generation() > seed.view().generation())
        .isPresent();
  }

  /** What to start from where no server ever ran; empty if there is no reason to. */
  private Optional<Seed> newSeed(Member self) {
    synchronized (lock) {
      View begun = first;
      first = null;
      if (begun != null && votes(begun, self)) {
        return Optional.of(new Seed(self.storeId(), true, begun));
      }
      return newest != null && votes(newest, self)
          ? Optional.of(new Seed(self.storeId(), false, newest))
          : Optional.empty();
    }
  }

  private static boolean votes(View view, Member self) {
    return view.voters().stream().anyMatch(voter -> voter.storeId() == self.storeId());
  }

  /** Called by a thread of Ratis. */
  private void committed(View view, Listener listener) {
    synchronized (lock) {
      if (newest != null
          && (newest.clusterId() != view.clusterId() || newest.generation() > view.generation())) {
        return;
      }
    }
    know(view);
    synchronized (lock) {
      if (closed || (told != null && told.clusterId() == view.clusterId() && told.isAfter(view))) {
        return;
      }
      told = view;
    }
    listener.committed(view);
  }

  /** The leader of an empty log begins it; the register takes only the first of many firsts. */
  private void proposeFirst() {
    LogServer current = server;
    if (current != null
        && current.seed().first()
        && current.newest().isEmpty()
        && current.leads()
        && proposals.get() == 0) {
      propose(current.seed().view());
    }
  }

  private void changeVoters() {
    LogServer current = server;
    List<Member> wanted;
    synchronized (lock) {
      wanted = wantedVoters;
    }
    if (change != null && !change.isDone()) {
      pushChange(current);
      if (System.nanoTime() - changeNanos < settings.changeTimeout().toNanos()) {
        return;
      }
      change = null;
    }
    if (current == null || !current.leads() || wanted.isEmpty()) {
      return;
    }
    Change last = change == null ? Change.DONE : change.getNow(Change.REFUSED);
    change = null;
    try {
      if (last == Change.BROKEN) {
        // Ratis 3.3.0: one that was elected while another leader removed a voter goes on sending to
        // that one, and cannot add it again, nor change anything afterwards.
        current.stepDown();
        return;
      }
      if (last == Change.REFUSED) {
        // The one to add may be dead, and then the one to remove must not wait for it.
        removeFirst = !removeFirst;
      }
      change =
          current
              .changeVoters(wanted, removeFirst)
              .map(step -> step.handle(Change::of))
              .orElse(null);
      changeNanos = System.nanoTime();
      pushedNanos = changeNanos;
    } catch (IOException | RuntimeException _) {
      // Another change is under way, of the leader before: it is tried again.
    }
  }

  /**
   * Where the answer of a new voter that has all entries was lost, Ratis 3.3.0 does not notice that
   * it has them before there is one more. The view that is there already, proposed again, changes
   * nothing.
   */
  private void pushChange(@Nullable LogServer current) {
    long now = System.nanoTime();
    if (current == null || now - pushedNanos < settings.requestTimeout().toNanos()) {
      return;
    }
    pushedNanos = now;
    current.newest().ifPresent(this::propose);
  }

  @Override
  public void close() {
    closed = true;
    exchange.close();
    try {
      worker.execute(this::closeServer);
    } catch (RejectedExecutionException _) {
      return;
    }
    worker.shutdown();
    try {
      if (!worker.awaitTermination(settings.closeTimeout().toNanos(), TimeUnit.NANOSECONDS)) {
        worker.shutdownNow();
      }
    } catch (InterruptedException _) {
      worker.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private void closeServer() {
    try {
      writeNewest();
    } catch (IOException | RuntimeException failure) {
      logOnce(failure);
    }
    LogServer current = server;
    server = null;
    if (current != null) {
      var unused = close(current, true);
    }
    rpc = null;
  }
}
