package io.silverback.server.log;

/**
 * Makes every {@link System.Logger} of the process write to the gateway's log. Found by the JDK as
 * a service.
 */
public final class GatewayLoggerFinder extends System.LoggerFinder {
  // Not java.util.logging with a formatter of ours: the JDK takes its handlers away as soon as the
  // process begins to stop, and with them the lines that tell how the stop went.

  @Override
  public System.Logger getLogger(String name, Module module) {
    return new SinkLogger(name);
  }
}
