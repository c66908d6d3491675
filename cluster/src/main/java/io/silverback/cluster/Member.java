package io.silverback.cluster;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;

/**
 * One process start of one node.
 *
 * @param nodeId the name of the node, unique among the nodes that live
 * @param incarnation a random number of this process start
 * @param storeId a random number that lives as long as the node's files; new where it has none. The
 *     identity in the consensus log
 * @param peerAddress where it listens for its peers, as {@code host:port}
 * @param webAddress where it listens for Prometheus and pushes, as {@code host:port}
 * @param zone the failure domain, empty for none
 * @param voterOnly true if it votes and holds no groups
 */
public record Member(
    String nodeId,
    long incarnation,
    long storeId,
    String peerAddress,
    String webAddress,
    String zone,
    boolean voterOnly) {

  /** True for two process starts, or one, of a node of that name. */
  public boolean isSameNode(Member other) {
    return nodeId.equals(other.nodeId);
  }

  /** True for the same process start of the same node. */
  public boolean isSameProcess(Member other) {
    return incarnation == other.incarnation && nodeId.equals(other.nodeId);
  }

  /** For code that sends a member to others. Layout: {@code docs/formats/peer-messages.md}. */
  public byte[] encode() {
    var out = new ByteOutput();
    View.write(out, this);
    return out.finish();
  }

  /**
   * The member that the bytes are.
   *
   * @throws MalformedBytesException if they are not valid
   */
  public static Member decode(byte[] bytes) {
    var in = new ByteInput(bytes);
    Member member = View.readMember(in);
    in.end();
    return member;
  }

  @Override
  public String toString() {
    return nodeId + "/" + Long.toHexString(incarnation);
  }
}
