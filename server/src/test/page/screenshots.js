// Draws the views of a server that bench/bin/screenshots has filled. Arguments: the browser, the server, the folder.

'use strict';

const puppeteer = require('puppeteer-core');

const [program, server, folder] = process.argv.slice(2);
const VIEWS = [
  {name: 'attention', view: 'attention', scheme: 'light', height: 520},
  {name: 'group', view: 'group?job=backup&instance=db-1', scheme: 'dark', height: 860, opens: 'button.bare'},
];

(async () => {
  const browser = await puppeteer.launch({executablePath: program, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']});
  try {
    for (const {name, view, scheme, height, opens} of VIEWS) {
      const page = await browser.newPage();
      await page.setViewport({width: 1120, height});
      await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
      await page.goto(`${server}/#/${view}`);
      await page.waitForSelector('main[aria-busy=false]');
      if (opens) {
        await page.click(opens);
      }
      await page.waitForNetworkIdle({idleTime: 100});
      await page.screenshot({path: `${folder}/page-${name}.png`, optimizeForSpeed: false});
      await page.close();
    }
  } finally {
    await browser.close();
  }
})();
