package io.silverback.cluster.message;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Network;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.ReplicaStore.Lack;
import io.silverback.cluster.View;
import io.silverback.cluster.Wish;
import io.silverback.cluster.message.PeerMessage.*;
import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.Version;
import java.util.BitSet;
import java.util.Optional;

/** Messages as bytes, and back. Layout: {@code docs/formats/peer-messages.md}. */
public final class PeerMessageCodec {
  private static final int HEARTBEAT = 1;
  private static final int VIEW_PUSH = 3;
  private static final int OFFER = 4;
  private static final int OFFER_TAKEN = 5;
  private static final int BEGIN = 6;
  private static final int FAREWELL = 7;
  private static final int FORWARD = 8;
  private static final int FORWARDED = 9;
  private static final int REPLICATE = 10;
  private static final int REPLICATED = 11;
  private static final int ASK_DIGESTS = 12;
  private static final int DIGESTS = 13;
  private static final int ASK_ENTRIES = 14;
  private static final int ENTRIES = 15;
  private static final int ASK_STATES = 16;
  private static final int STATES = 17;
  private static final int DELIVER = 18;
  private static final int DELIVERED = 19;
  private static final int ASK_CLAIM = 20;
  private static final int CLAIM_ANSWER = 21;
  private static final int PROBE = 22;
  private static final int PROBE_ANSWER = 23;
  private static final int CLAIM_SETTLED = 24;
  private static final int SERVER_QUESTION = 25;
  private static final int SERVER_ANSWER = 26;
  private static final int RAISE_HORIZONS = 27;
  private static final int HORIZONS_RAISED = 28;
  private static final int STANDING = 29;
  private static final int FULL = 30;
  private static final int UNSERVED = 31;
  private static final int GRANT = 32;
  private static final int RELEASED = 33;
  private static final int WISHED = 34;
  private static final int ASK_WIPE = 35;
  private static final int WIPE_SLOTS = 36;
  private static final int WIPED = 37;
  private static final int ASK_HISTORY = 38;
  private static final int HISTORY_KNOWN = 39;
  private static final int ASK_PAGES = 40;
  private static final int PAGES = 50;
  private static final int ASK_SETTLED = 51;
  private static final int SETTLED = 52;

  private PeerMessageCodec() {}

  public static byte[] encode(PeerMessage message) {
    var out = new ByteOutput();
    switch (message) {
      case Heartbeat m -> {
        View.write(out.u8(HEARTBEAT), m.self());
        out.u64(m.clusterId()).u64(m.epoch()).u64(m.renewal()).u64(m.nanos());
      }
      case Grant m ->
          out.u8(GRANT)
              .u64(m.epoch())
              .u64(m.digest())
              .u64(m.renewal())
              .flag(m.granted())
              .u64(m.nanos())
              .u64(m.wallMillis())
              .list(m.lapsed(), PeerMessageCodec::process);
      case Full m -> out.u8(FULL).bytes(m.stuck().toByteArray());
      case Standing m ->
          out.u8(STANDING)
              .u64(m.epoch())
              .flag(m.copied())
              .u64(m.index())
              .list(m.voters(), ByteOutput::u64)
              .u16(m.slot())
              .u64(m.floor());
      case Unserved m -> out.u8(UNSERVED).u32(m.slots());
      case Released m ->
          out.u8(RELEASED)
              .u64(m.epoch())
              .list(
                  m.shares(),
                  (to, share) -> process(to, share.to()).bytes(share.slots().toByteArray()));
      case Wished m -> wish(out.u8(WISHED), m.wish());
      case ViewPush m -> m.view().write(out.u8(VIEW_PUSH));
      case Offer m -> out.u8(OFFER).u64(m.clusterId()).list(m.members(), View::write);
      case OfferTaken m -> out.u8(OFFER_TAKEN).u64(m.clusterId());
      case Begin m -> m.first().write(out.u8(BEGIN));
      case Farewell _ -> out.u8(FAREWELL);
      case Forward m ->
          out.u8(FORWARD)
              .u64(m.id())
              .u64(m.epoch())
              .u64(m.dropAfter())
              .u64(m.sentBy())
              .flag(m.relay())
              .bytes(m.key())
              .bytes(m.update());
      case Forwarded m ->
          out.u8(FORWARDED).u64(m.id()).text(m.result().name()).bytes(m.answer()).text(m.reason());
      case Replicate m ->
          out.u8(REPLICATE)
              .u64(m.id())
              .u16(m.slot())
              .u64(m.epoch())
              .u64(m.dropAfter())
              .bytes(m.state());
      case Replicated m -> out.u8(REPLICATED).u64(m.id()).text(m.result().name()).text(m.reason());
      case AskDigests m ->
          out.u8(ASK_DIGESTS)
              .u64(m.id())
              .bytes(m.slots().toByteArray())
              .list(m.epochs(), ByteOutput::u64);
      case Digests m ->
          out.u8(DIGESTS)
              .u64(m.id())
              .list(m.digests(), ByteOutput::u64)
              .list(m.horizons(), PeerMessageCodec::version);
      case AskEntries m -> out.u8(ASK_ENTRIES).u64(m.id()).bytes(m.slots().toByteArray());
      case Entries m ->
          out.u8(ENTRIES)
              .u64(m.id())
              .list(m.entries(), PeerMessageCodec::entry)
              .list(m.horizons(), PeerMessageCodec::version);
      case AskStates m -> out.u8(ASK_STATES).u64(m.id()).list(m.keys());
      case States m -> out.u8(STATES).u64(m.id()).u32(m.answered()).list(m.states());
      case Deliver m ->
          out.u8(DELIVER)
              .u64(m.id())
              .list(m.states())
              .list(m.horizons(), PeerMessageCodec::version);
      case Delivered m -> optional(out.u8(DELIVERED).u64(m.id()), m.refused());
      case AskClaim m -> claim(out.u8(ASK_CLAIM).u64(m.id()), m.epoch(), m.key(), m.claim());
      case ClaimAnswer m ->
          out.u8(CLAIM_ANSWER).u64(m.id()).u64(m.epoch()).text(m.verdict().name()).text(m.reason());
      case Probe m -> claim(out.u8(PROBE).u64(m.id()), m.epoch(), m.key(), m.claim());
      case ProbeAnswer m ->
          optional(
              out.u8(PROBE_ANSWER).u64(m.id()).list(m.labelNames(), ByteOutput::text),
              m.collision());
      case ClaimSettled m -> out.u8(CLAIM_SETTLED).text(m.job()).bytes(m.key());
      case OpaqueQuestion m -> out.u8(SERVER_QUESTION).u64(m.id()).bytes(m.question());
      case OpaqueAnswer m -> out.u8(SERVER_ANSWER).u64(m.id()).bytes(m.answer());
      case RaiseHorizons m -> out.u8(RAISE_HORIZONS).u64(m.id()).bytes(m.slots().toByteArray());
      case AskWipe m ->
          out.u8(ASK_WIPE)
              .u64(m.id())
              .u64(m.dropAfter())
              .bytes(m.slots().toByteArray())
              .list(m.epochs(), ByteOutput::u64);
      case WipeSlots m ->
          out.u8(WIPE_SLOTS)
              .u64(m.id())
              .bytes(m.slots().toByteArray())
              .list(m.versions(), PeerMessageCodec::version);
      case Wiped m -> out.u8(WIPED).u64(m.id()).bytes(m.slots().toByteArray()).u32(m.groups());
      case AskHistory m -> out.u8(ASK_HISTORY).u64(m.id()).list(m.lacks(), PeerMessageCodec::lack);
      case HistoryKnown m -> out.u8(HISTORY_KNOWN).u64(m.id()).list(m.newest(), ByteOutput::u64);
      case AskPages m -> out.u8(ASK_PAGES).u64(m.id()).list(m.lacks(), PeerMessageCodec::lack);
      case Pages m -> out.u8(PAGES).u64(m.id()).list(m.pages(), (to, pages) -> to.list(pages));
      case AskSettled m ->
          out.u8(ASK_SETTLED).u64(m.id()).u64(m.epoch()).bytes(m.slots().toByteArray());
      case Settled m -> out.u8(SETTLED).u64(m.id()).bytes(m.slots().toByteArray());
      case HorizonsRaised m -> out.u8(HORIZONS_RAISED).u64(m.id()).flag(m.done());
    }
    return out.finish();
  }

  /**
   * The message that the bytes are.
   *
   * @throws MalformedBytesException if they are not valid
   */
  public static PeerMessage decode(byte[] bytes) {
    var in = new ByteInput(bytes);
    PeerMessage message = read(in);
    in.end();
    return message;
  }

  private static PeerMessage read(ByteInput in) {
    int kind = in.u8();
    return switch (kind) {
      case HEARTBEAT -> new Heartbeat(View.readMember(in), in.u64(), in.u64(), in.u64(), in.u64());
      case GRANT ->
          new Grant(
              in.u64(),
              in.u64(),
              in.u64(),
              in.flag(),
              in.u64(),
              in.u64(),
              in.list(PeerMessageCodec::process));
      case FULL -> new Full(slots(in));
      case STANDING ->
          new Standing(in.u64(), in.flag(), in.u64(), in.list(ByteInput::u64), slot(in), in.u64());
      case UNSERVED -> new Unserved(in.u32());
      case RELEASED ->
          new Released(in.u64(), in.list(from -> new Released.Share(process(from), slots(from))));
      case WISHED -> new Wished(wish(in));
      case VIEW_PUSH -> new ViewPush(View.read(in));
      case OFFER -> new Offer(in.u64(), in.list(View::readMember));
      case OFFER_TAKEN -> new OfferTaken(in.u64());
      case BEGIN -> new Begin(View.read(in));
      case FAREWELL -> new Farewell();
      case FORWARD ->
          new Forward(in.u64(), in.u64(), in.u64(), in.u64(), in.flag(), in.bytes(), in.bytes());
      case FORWARDED ->
          new Forwarded(in.u64(), in.constant(Forwarded.Fate.values()), in.bytes(), in.text());
      case REPLICATE -> new Replicate(in.u64(), slot(in), in.u64(), in.u64(), in.bytes());
      case REPLICATED ->
          new Replicated(in.u64(), in.constant(Replicated.Receipt.values()), in.text());
      case ASK_DIGESTS -> new AskDigests(in.u64(), slots(in), in.list(ByteInput::u64));
      case DIGESTS ->
          new Digests(in.u64(), in.list(ByteInput::u64), in.list(PeerMessageCodec::version));
      case ASK_ENTRIES -> new AskEntries(in.u64(), slots(in));
      case ENTRIES ->
          new Entries(
              in.u64(), in.list(PeerMessageCodec::entry), in.list(PeerMessageCodec::version));
      case ASK_STATES -> new AskStates(in.u64(), in.list(ByteInput::bytes));
      case STATES -> new States(in.u64(), in.u32(), in.list(ByteInput::bytes));
      case DELIVER ->
          new Deliver(in.u64(), in.list(ByteInput::bytes), in.list(PeerMessageCodec::version));
      case DELIVERED -> new Delivered(in.u64(), optional(in));
      case ASK_CLAIM -> new AskClaim(in.u64(), in.u64(), in.bytes(), claim(in));
      case CLAIM_ANSWER ->
          new ClaimAnswer(in.u64(), in.u64(), in.constant(ClaimAnswer.Verdict.values()), in.text());
      case PROBE -> new Probe(in.u64(), in.u64(), in.bytes(), claim(in));
      case PROBE_ANSWER -> new ProbeAnswer(in.u64(), in.list(ByteInput::text), optional(in));
      case CLAIM_SETTLED -> new ClaimSettled(in.text(), in.bytes());
      case SERVER_QUESTION -> new OpaqueQuestion(in.u64(), in.bytes());
      case SERVER_ANSWER -> new OpaqueAnswer(in.u64(), in.bytes());
      case RAISE_HORIZONS -> new RaiseHorizons(in.u64(), slots(in));
      case ASK_WIPE -> new AskWipe(in.u64(), in.u64(), slots(in), in.list(ByteInput::u64));
      case WIPE_SLOTS -> new WipeSlots(in.u64(), slots(in), in.list(PeerMessageCodec::version));
      case WIPED -> new Wiped(in.u64(), slots(in), in.u32());
      case ASK_HISTORY -> new AskHistory(in.u64(), in.list(PeerMessageCodec::lack));
      case HISTORY_KNOWN -> new HistoryKnown(in.u64(), in.list(ByteInput::u64));
      case ASK_PAGES -> new AskPages(in.u64(), in.list(PeerMessageCodec::lack));
      case PAGES -> new Pages(in.u64(), in.list(each -> each.list(ByteInput::bytes)));
      case ASK_SETTLED -> new AskSettled(in.u64(), in.u64(), slots(in));
      case SETTLED -> new Settled(in.u64(), slots(in));
      case HORIZONS_RAISED -> new HorizonsRaised(in.u64(), in.flag());
      default -> throw new MalformedBytesException("no such message: kind=" + kind);
    };
  }

  private static ByteOutput process(ByteOutput out, ProcessId id) {
    return out.text(id.nodeId()).u64(id.incarnation());
  }

  private static ProcessId process(ByteInput in) {
    return new ProcessId(in.text(), in.u64());
  }

  private static void wish(ByteOutput out, Wish wish) {
    switch (wish) {
      case Wish.Drain(var nodeId, var drain) -> out.u8(1).text(nodeId).text(drain.name());
      case Wish.Forget(var nodeId) -> out.u8(2).text(nodeId);
      case Wish.Rebalance() -> out.u8(3);
      case Wish.Repair() -> out.u8(4);
      case Wish.Lead(var nodeId) -> out.u8(5).text(nodeId);
    }
  }

  private static Wish wish(ByteInput in) {
    int kind = in.u8();
    return switch (kind) {
      case 1 -> new Wish.Drain(in.text(), in.constant(View.Drain.values()));
      case 2 -> new Wish.Forget(in.text());
      case 3 -> new Wish.Rebalance();
      case 4 -> new Wish.Repair();
      case 5 -> new Wish.Lead(in.text());
      default -> throw new MalformedBytesException("no such wish: kind=" + kind);
    };
  }

  private static void claim(ByteOutput out, long epoch, byte[] key, Claim claim) {
    out.u64(epoch).bytes(key).text(claim.job()).text(claim.labelNames()).bytes(claim.series());
  }

  private static Claim claim(ByteInput in) {
    return new Claim(in.text(), in.text(), in.bytes());
  }

  private static void entry(ByteOutput out, Entry entry) {
    version(out.bytes(entry.key()).u64(entry.hash()), entry.newest());
  }

  private static Entry entry(ByteInput in) {
    return new Entry(in.bytes(), in.u64(), version(in));
  }

  private static void lack(ByteOutput out, Lack lack) {
    version(out.bytes(lack.key()), lack.deletedAt());
    out.u64(lack.beforeMillis());
  }

  private static Lack lack(ByteInput in) {
    return new Lack(in.bytes(), version(in), in.u64());
  }

  /** Most horizons are that of slots from which nothing was purged, so that one is short. */
  private static void version(ByteOutput out, Version version) {
    out.flag(!version.equals(Version.NEVER));
    if (!version.equals(Version.NEVER)) {
      out.u64(version.epoch()).u64(version.clock()).u64(version.incarnation());
    }
  }

  private static Version version(ByteInput in) {
    return in.flag() ? new Version(in.u64(), in.u64(), in.u64()) : Version.NEVER;
  }

  private static void optional(ByteOutput out, Optional<String> text) {
    out.flag(text.isPresent());
    text.ifPresent(out::text);
  }

  private static Optional<String> optional(ByteInput in) {
    return in.flag() ? Optional.of(in.text()) : Optional.empty();
  }

  private static int slot(ByteInput in) {
    int slot = in.u16();
    if (slot >= HashRing.SLOTS) {
      throw new MalformedBytesException("no such slot: slot=" + slot);
    }
    return slot;
  }

  private static BitSet slots(ByteInput in) {
    BitSet slots = BitSet.valueOf(in.bytes());
    if (slots.length() > HashRing.SLOTS) {
      throw new MalformedBytesException("no such slot: slot=" + (slots.length() - 1));
    }
    return slots;
  }

  /** Messages that may be large do not hold up those that must not wait. */
  public static Network.Channel channelOf(PeerMessage message) {
    return switch (message) {
      case Heartbeat _,
          Grant _,
          Standing _,
          Full _,
          Unserved _,
          Released _,
          Wished _,
          ViewPush _,
          Offer _,
          OfferTaken _,
          Begin _,
          Farewell _ ->
          Network.Channel.CONTROL;
      // All about claims on one channel: what is said of them keeps its order.
      case Question _, Answer _, ClaimSettled _ -> Network.Channel.DATA;
    };
  }
}
