// Opens the web page in a browser and checks claims about it; prints one line of JSON for each claim.
// Arguments: the browser, and what servers there are, as JSON.

'use strict';

const assert = require('node:assert/strict');
const puppeteer = require('puppeteer-core');
const axe = require.resolve('axe-core/axe.min.js');

const [program, text] = process.argv.slice(2);
const servers = JSON.parse(text);
const TABS = ['What needs attention', 'Groups', 'Cardinality', 'Cluster', 'Try a push', 'Status'];
const VIEWS = ['attention', 'groups', 'group?job=backup&instance=db-1', 'cardinality', 'cardinality?of=label', 'cluster', 'try', 'status'];

let browser;
let page;

// Windows besides that one.
let others;

let faults;

// All that the browser calls an error, requests that failed included.
let errors;

const claims = {
  async nothingWrongIsOneLine() {
    await open(servers.empty);
    assert.match(await textOf('.view'), /^OK Nothing was pushed yet\. How to push$/);
    await click('main a', 'How to push');
    await until(() => textOf('h1'), 'Groups');
    await settled();
    assert.ok((await textOf('main pre')).endsWith(`${servers.empty}/metrics/job/example`));
  },

  async everyTabOpensItsViewAndTheAddressSaysWhich() {
    await open(servers.plain);
    for (const tab of TABS) {
      await click('nav a', tab);
      await settled();
      assert.equal(await textOf('h1'), tab);
      assert.equal(await textOf('nav a[aria-current=page]'), tab);
    }
    assert.match(page.url(), /#\/status$/);
    await page.goBack();
    await settled();
    assert.equal(await textOf('h1'), 'Try a push');
    await open(servers.plain, '', 'status');
    assert.equal(await textOf('h1'), 'Status');
  },

  async theKeyboardReachesEverything() {
    await open(servers.plain, 'groups');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.keyboard.press('Tab');
    await page.keyboard.type('load');
    await until(() => textOf('.view [role=status]'), '2 groups found');
    assert.equal(await page.evaluate(() => document.activeElement.name), 'search');
    while (!await page.evaluate(() => document.activeElement.matches('tbody a'))) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await until(() => textOf('h1'), 'Group');
    // The link is gone, and the keyboard goes on in what it led to.
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await settled();
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Copy PromQL');
  },

  async aSelectorThatIsNotValidCanBeCorrected() {
    await open(servers.plain, 'groups?search=%7Bjob%3D');
    assert.match(await textOf('[role=alert]'), /invalid parameter "match\[\]".*\(status 400\)$/);
    assert.equal(await page.$eval('input[name=search]', input => input.value), '{job=');
    await page.focus('input[name=search]');
    await page.keyboard.press('End');
    await page.keyboard.type('"load"}');
    await until(() => textOf('.view [role=status]'), '2 groups found');
    assert.equal(await page.$('[role=alert]'), null);
  },

  async whatAProxyAnswersIsNotShownAsItIs() {
    await page.setRequestInterception(true);
    page.on('request', request => request.url().includes('/api/')
      ? request.respond({status: 502, contentType: 'text/html', body: '<html><h1>502 Bad Gateway</h1></html>'})
      : request.continue());
    await open(servers.plain, 'status');
    assert.equal(await textOf('[role=alert]'),
      'something other than Silverback answered, maybe a proxy before it (status 502). The page asks again every 10 seconds.');
  },

  async whatIsWrongIsToldWithItsReason() {
    await open(servers.plain);
    await until(() => page.$eval('main', main => main.innerText.includes('Last push failed (1)')), true);
    const told = await textOf('main');
    assert.match(told, /job=broken.*gathered metric family|job=broken.*is not a|job=broken.*has type|job=broken.*refused|job=broken/s);
    assert.match(told, /expected float as value/);
    assert.match(told, /Groups with several writers/);
  },

  async groupsAreSearchedFilteredAndSortedByTheServer() {
    await open(servers.plain, 'groups');
    await page.type('input[name=search]', '{job="load"}');
    await until(() => textOf('.view [role=status]'), '2 groups found');
    assert.match(decodeURIComponent(page.url()), /search=\{job="load"\}/);
    await click('thead button', 'Series');
    await until(() => textOf('th[aria-sort=descending]'), 'Series ▼');
    assert.match(await textOf('tbody tr'), /shard=2/);
    await click('thead button', 'Series ▼');
    await until(() => textOf('th[aria-sort=ascending]'), 'Series ▲');
    // How a request ends that a reload breaks off is not always told.
    await settled();
    await page.reload();
    await settled();
    assert.match(await textOf('tbody tr'), /shard=1/);
    assert.equal(await page.$eval('input[name=search]', input => input.value), '{job="load"}');
    await open(servers.plain, 'groups?search=shared');
    assert.match(await textOf('tbody tr'), /several writers/);
    await open(servers.plain, 'groups');
    await click('.choices button', /^Failed/);
    await until(() => textOf('.view [role=status]'), '1 group found');
    await page.type('input[name=search]', '{');
    await page.waitForSelector('[role=alert]');
    assert.match(await textOf('[role=alert]'), /invalid parameter "match\[\]"/);
  },

  async aTourOverAllViewsNeedsNoWideScreenAndWritesNoErrorToTheConsole() {
    await page.setViewport({width: 390, height: 844});
    const others = [[servers.plain, `group?${new URLSearchParams(servers.hostile)}`], [servers.cluster[0], 'cluster'],
      [servers.cluster[0], 'group?job=of_cluster&n=1'], [servers.admin, 'try'], [servers.empty, 'groups']];
    for (const [server, view] of [...VIEWS.map(each => [servers.plain, each]), ...others]) {
      await open(server, view);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, view);
      assert.equal(await page.$('[role=alert]'), null, view);
    }
    assert.deepEqual(errors, []);
  },

  async aPhoneShowsPlotsThatCanBeReadAndSortsGroups() {
    await page.setViewport({width: 390, height: 844, isMobile: true, hasTouch: true});
    await open(servers.plain, 'group?job=backup&instance=db-1');
    await page.tap('button.bare');
    const height = await page.waitForSelector('svg.plot text').then(text => text.evaluate(each => each.getBoundingClientRect().height));
    assert.ok(height > 9, `texts of ${height} pixels`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    // Turned to its side it has room for the plot of a wide screen.
    await page.setViewport({width: 844, height: 390, isMobile: true, hasTouch: true});
    await page.waitForFunction(() => document.querySelectorAll('svg.plot > text').length === 5, {timeout: 5000});
    await page.setViewport({width: 390, height: 844, isMobile: true, hasTouch: true});
    await open(servers.plain, 'groups?search=load');
    await page.waitForSelector('thead th:nth-child(4) button', {visible: true}).then(button => button.tap());
    await until(() => textOf('th[aria-sort=descending]'), 'Series ▼');
    const small = await page.$$eval('main button, main a, header a:not(.skip)', all => all
      .map(each => [each.innerText, each.getBoundingClientRect().height]).filter(([, height]) => height < 24));
    assert.deepEqual(small, []);
  },

  async noTimeIsBrokenOverLines() {
    for (const view of ['attention', 'groups', 'group?job=shared']) {
      await open(servers.plain, view);
      const heights = await page.$$eval('main time', times => times.map(time => time.getBoundingClientRect().height));
      assert.ok(heights.length > 0 && Math.max(...heights) < 30, `${view}: ${heights}`);
    }
  },

  async numbersKeepTheirDigitsAndAnyCanBeDrawn() {
    await open(servers.plain);
    const told = await page.evaluate(async () => {
      const folder = document.querySelector('script[src]').src.replace(/[^/]*$/, '');
      const [{render}, {sample, duration}, {plot, sparkline}, {default: attention}] = await Promise.all(
        ['dom.js', 'format.js', 'plot.js', 'attention.js'].map(name => import(folder + name)));
      const drawn = view => {
        const place = document.createElement('div');
        render(place, view);
        return place;
      };
      const huge = [[1, '1.7976931348623157e+308'], [2, '-1.7976931348623157e+308'], [3, '1.7976931348623157e+308']];
      const pushes = [[1000, '1'], [1060, '2']];
      const end = time => [...drawn(plot(pushes, 'a', {time, text: 'expires', isToCome: true})).querySelectorAll('.end > *')].map(each => each.localName).join();
      const target = {name: 'far', url: 'http://far/', version: '1.0', samples: 0, failed: 0, dropped: 0, last_fault: 'cannot connect', last_fault_time: new Date().toISOString()};
      const landing = (lag_seconds, latest = true) => drawn(attention.view({failures: [], lists: {}, counts: {all: 1},
        server: {limits: [], config: {file: 'a.yml', read: new Date().toISOString(), latest}, remote_write: [{...target, lag_seconds}]}})).innerText;
      return {
        samples: ['12345678901234.123', '1234567890123', '0.1', '0.30000000000000004', '1e-12', '9007199254740993', '-8.5', 'NaN', '1e300'].map(sample),
        durations: [0.5, 1, 59, 60, 61, 3600, 7200, 86400].map(duration),
        paths: [plot(huge, 'a'), sparkline(huge), sparkline(huge.slice(0, 1).concat(huge.slice(2)))].map(view => drawn(view).querySelector('.line').getAttribute('d')),
        close: drawn(plot([[1, '9007199254740992'], [2, '9007199254740994']], 'a')).querySelectorAll('.grid').length,
        noNumber: drawn(sparkline([[1, 'NaN'], [2, '+Inf']])).textContent,
        ends: [end(1100), end(1120), end(1121)],
        late: [landing(59).includes('Remote write'), /Remote write that is late.*far.*cannot connect/s.test(landing(61))],
        config: [landing(1), landing(1, false)],
      };
    });
    assert.deepEqual(told.samples, ['12,345,678,901,234', '1,234,567,890,123', '0.1', '0.3', '1e-12', '9007199254740992', '-8.5', 'NaN', '1e+300']);
    assert.deepEqual(told.durations, ['500 ms', '1 s', '59 s', '1 min', '61 s', '1 h', '2 h', '1 d']);
    told.paths.forEach(path => assert.match(path, /^M[\d. ]+(L[\d. ]+)+$/));
    assert.equal(told.noNumber, 'no number');
    assert.ok(told.close > 1 && told.close < 7, told.close);
    // Drawn as long as the pushes have half of the plot.
    assert.deepEqual(told.ends, ['title,line,text', 'title,line,text', '']);
    assert.deepEqual(told.late, [false, true]);
    assert.match(told.config[0], /^OK/);
    assert.match(told.config[1], /a\.yml was read again and is not valid/);
  },

  async anExpiryToComeIsToldAndDrawn() {
    const push = () => fetch(`${servers.large.soon}/metrics/job/soon`, {method: 'PUT', body: 'a 1\n'});
    await push();
    const pushing = setInterval(push, 1000);
    try {
      await open(servers.large.soon, 'group?job=soon');
      await until(async () => {
        await refresh(page);
        return /Expires without a push in \d+ s /.test(await textOf('main')) || textOf('main');
      }, true);
      await page.click('button.bare');
      await until(async () => {
        await refresh(page);
        return page.$eval('svg.plot .end', each => [...each.children].map(part => part.localName).join() + each.querySelector('text').textContent);
      }, 'title,line,textexpires');
    } finally {
      clearInterval(pushing);
    }
    await open(servers.plain, 'group?job=backup&instance=db-1');
    assert.doesNotMatch(await textOf('main'), /Expires/);
  },

  async theClientsOfAGroupAreListed() {
    await open(servers.plain, 'group?job=shared');
    assert.match(await textOf('main'), /Last push .* from 10\.0\.0\.\d.*Who pushes.*10\.0\.0\.0.*10\.0\.0\.1/s);
    assert.deepEqual(await page.$$eval('section[aria-label="Who pushes"] td[data-head=Pushes]', cells => cells.map(cell => cell.innerText)), ['4', '4']);
    await open(servers.plain, 'group?job=broken');
    assert.match(await textOf('section[aria-label="Who pushes"] tbody'), /^127\.0\.0\.1 does not say what it is.*1\s+1\s+.*: .*rows/s);
    await open(servers.cluster[0], 'group?job=of_cluster&n=2');
    assert.match(await textOf('section[aria-label="Who pushes"] tbody'), /127\.0\.0\.1/);
  },

  async theEndsOfSeriesAreListedAndDrawn() {
    await open(servers.plain, 'group?job=leaves');
    assert.doesNotMatch(await textOf('main'), /left/);
    await click('summary', 'Series with these labels that have ended');
    await page.waitForFunction(() => /left.*8/s.test(document.querySelector('main').innerText));
    await page.click('details:last-of-type td.history button');
    await page.waitForSelector('svg.plot .end path');
    assert.equal((await page.$$('svg.plot circle')).length, 2);
    assert.match(await page.$eval('svg.plot .end', end => end.textContent), /^ended at .*ended$/);
    await open(servers.plain, 'group?job=gone');
    assert.match(await textOf('main'), /There is no such group.*Series with these labels that have ended.*a\s+1\s+(\d+ \w+ ago|just now)/s);
    await until(async () => {
      await open(servers.large.expiring, 'group?job=quiet');
      return (await page.$('details:last-of-type td.history button')) !== null;
    }, true);
    await page.click('details:last-of-type tbody tr:last-child td.history button');
    await page.waitForSelector('svg.plot .end');
    assert.match(await page.$eval('svg.plot .end', end => end.textContent), /^expired at .*expired$/);
  },

  async aGroupOpensToItsFamiliesWithHistory() {
    await open(servers.plain, 'groups?search=backup');
    await click('tbody a', /backup/);
    await until(() => textOf('h1'), 'Group');
    assert.equal(await page.title(), 'backup instance=db-1 · Silverback');
    await page.waitForSelector('svg.spark');
    assert.match(await textOf('main'), /What was copied.*db=orders.*9/s);
    await page.click('button.bare');
    await page.waitForSelector('svg.plot circle');
    assert.equal((await page.$$('svg.plot circle')).length, 3);
    const times = await page.$$eval('svg.plot > text', texts => texts.map(text => text.textContent));
    assert.equal(new Set(times).size, 5, times.join());
    await click('.choices button', '15 minutes');
    await until(() => textOf('.choices [aria-pressed=true]'), '15 minutes');
    assert.match(await textOf('main'), /≤ \+Inf.*Quantile/s);
    // Of a histogram its count is drawn.
    await page.click('.many button.bare');
    await page.waitForSelector('.many svg.plot circle');
    await click('summary', /^push_time_seconds/);
    await page.waitForFunction(() => /Pushgateway succeeded/.test(document.querySelector('main').innerText));
  },

  async refreshKeepsWhatTheViewerDoes() {
    await open(servers.plain, 'groups?search=load');
    await page.focus('input[name=search]');
    await page.keyboard.type('  ');
    await page.evaluate(() => {
      document.querySelector('tbody tr').dataset.mark = 'kept';
      getSelection().selectAllChildren(document.querySelector('tbody .label'));
    });
    const refreshed = page.waitForResponse(answer => answer.url().includes('/api/v1/groups'));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await refreshed;
    await settled();
    assert.equal(await page.evaluate(() => document.querySelector('tbody tr').dataset.mark), 'kept');
    assert.match(await page.evaluate(() => getSelection().toString()), /job/);
  },

  async aServerThatIsGoneIsToldAndWhatWasShownStays() {
    await open(servers.plain, 'groups?search=load');
    faults = [];
    await page.setOfflineMode(true);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.waitForSelector('[role=alert]');
    assert.match(await textOf('[role=alert]'), /may be old: the server does not answer/);
    assert.match(await textOf('main'), /shard=1/);
    await page.setOfflineMode(false);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.waitForFunction(() => !document.querySelector('[role=alert]'));
    faults = [];
  },

  async groupsAreDeletedAfterAQuestion() {
    await open(servers.admin, 'group?job=delete_me');
    await click('button', 'Delete group…');
    await click('dialog button', 'Cancel');
    assert.equal(await page.$('dialog'), null);
    assert.equal(await focused(), 'Delete group…');
    await click('button', 'Delete group…');
    await click('dialog button', 'Delete');
    await until(() => textOf('h1'), 'Groups');
    await settled();
    assert.doesNotMatch(await textOf('main'), /delete_me/);

    await open(servers.admin, `groups?search=${encodeURIComponent('{job="many"}')}`);
    await click('button', 'Delete all groups that match…');
    await page.waitForSelector('dialog');
    assert.match(await textOf('dialog'), /Delete 3 groups\?/);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('dialog'));
    assert.equal(await focused(), 'Delete all groups that match…');
    await click('button', 'Delete all groups that match…');
    await click('dialog button', 'Delete 3');
    await until(() => textOf('.view [role=status]'), '0 groups found');

    // All are not those that are shown, if only the failed ones are.
    await open(servers.admin, 'groups?state=failed');
    assert.equal(await textOf('.view [role=status]'), '1 group found');
    assert.doesNotMatch(await textOf('main'), /Delete/);
    await open(servers.admin, 'groups?state=overdue');
    await click('main a', 'Show all groups');
    await until(() => textOf('.view [role=status]'), '1 group found');
    await click('button', 'Delete all groups…');
    await page.waitForSelector('dialog button[type=submit]:disabled');
    await page.type('dialog input', 'delete everything');
    await click('dialog button', 'Delete everything');
    await page.waitForFunction(() => document.querySelector('main').innerText.includes('Nothing was pushed yet'));
  },

  async whatOnlyAnAdministratorMayDoIsHiddenFromOthers() {
    await open(servers.plain, 'groups');
    assert.doesNotMatch(await textOf('main'), /Delete all/);
    await open(servers.plain, 'try');
    assert.match(await textOf('main'), /--web\.enable-admin-api.*check-push/);
    assert.equal(await page.$('main button'), null);
  },

  async aPushIsTriedAndNothingIsStored() {
    await open(servers.admin, 'try');
    await page.type('input[name=job]', 'tried');
    await page.type('input[name=labels]', 'path=/a=b zone=x');
    await page.type('textarea', 'a 1\nb{c} 2\n<img> 3\n');
    await click('button', 'Try');
    await page.waitForSelector('.faults');
    const refused = await textOf('main');
    assert.match(refused, /would be refused with status 400.*Line 2, column 4: expected '=' after label name/);
    assert.match(refused, /Line 3, column 1: .*path=\/a=b zone=x/);
    assert.equal(await textOf('.faults mark'), '}');
    assert.equal((await page.$$('main img')).length, 0);
    // A refresh leaves what is written.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await settled();
    assert.match(await page.$eval('textarea', area => area.value), /^a 1\nb/);

    await page.evaluate(() => {
      const dropped = new DataTransfer();
      dropped.items.add(new File(['# HELP tried What it is.\n# TYPE tried gauge\ntried 1\n'], 'a.prom'));
      document.querySelector('textarea').dispatchEvent(new DragEvent('drop', {dataTransfer: dropped, cancelable: true}));
    });
    await until(() => page.$eval('textarea', area => area.value), '# HELP tried What it is.\n# TYPE tried gauge\ntried 1\n');
    await click('.choices button', /^POST/);
    await click('button', 'Try');
    await page.waitForFunction(() => document.querySelector('main').innerText.includes('would be taken'));
    assert.match(await textOf('main'), /1 series, and has 0 now.*What it is\.\s+gauge\s+1\s+new/);
    await open(servers.admin, 'groups');
    assert.doesNotMatch(await textOf('main'), /tried/);
  },

  async flagsAreShownWithWhatWasChanged() {
    await open(servers.plain, 'status');
    assert.match(await textOf('main'), /--web\.listen-address/);
    assert.doesNotMatch(await textOf('main'), /--log\.level/);
    await click('.choices button', /^All/);
    await page.waitForFunction(() => document.querySelector('main').innerText.includes('--log.level'));
  },

  async cardinalityLeadsToTheGroupsOfAJob() {
    await open(servers.plain, 'cardinality');
    await click('.choices button', 'By size');
    await settled();
    await click('tbody a', 'load');
    await until(() => textOf('.view [role=status]'), '2 groups found');
  },

  async cardinalityIsClickedDownFromAMetricToAValue() {
    await open(servers.plain, 'cardinality');
    await click('.choices button', 'Metrics');
    await click('tbody a', 'backup_seconds');
    await until(() => textOf('.choices [aria-pressed=true]'), 'Labels');
    await settled();
    // Two buckets, the sum and the count; the bounds are on the buckets alone.
    assert.match(await textOf('main'), /4 series in all.*instance.*4.*job.*4.*le.*2/s);
    await click('tbody a', 'instance');
    await page.waitForFunction(() => document.querySelector('main').innerText.includes('the values of the label'));
    await click('tbody a', 'db-1');
    await until(() => textOf('.view [role=status]'), '1 group found');
  },

  async textsOfClientsAreNeverMarkup() {
    page.on('dialog', dialog => {
      faults.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    for (const view of ['attention', 'groups', 'cardinality', `group?${new URLSearchParams(servers.hostile)}`]) {
      await open(servers.plain, view);
      await page.evaluate(() => document.querySelectorAll('details').forEach(each => { each.open = true; }));
      await settled();
      assert.equal((await page.$$('main img, main script, main b, main iframe')).length, 0, view);
    }
    const told = await textOf('main');
    assert.ok(told.includes('<script>alert(1)</script>'), told);
    assert.ok(told.includes('"><img src=x onerror=alert(1)>'), told);
    assert.ok(told.includes('<img src=x onerror=alert(2)>'), told);
  },

  async thePrefixOfThePathsIsKept() {
    await open(servers.prefix);
    await click('nav a', 'Groups');
    await settled();
    assert.match(page.url(), /\/behind\/a\/proxy\/#\/groups$/);
    assert.match(await textOf('main'), /job=prefixed/);
    const raw = await page.$eval('header .raw', link => link.href);
    assert.match(raw, /\/behind\/a\/proxy\/metrics$/);
  },

  async aPasswordIsAskedForOnce() {
    const {url, user, password} = servers.auth;
    await page.authenticate({username: user, password});
    await open(url, 'groups');
    assert.match(await textOf('main'), /job=secret/);
    await page.authenticate(null);
  },

  async aViewerIsOfferedOnlyWhatTheyHaveARightFor() {
    await open(servers.viewer, 'groups');
    assert.match(await textOf('main'), /job=kept/);
    assert.doesNotMatch(await textOf('main'), /Delete/);
    await open(servers.viewer, 'groups?search=%7Bjob%3D%22kept%22%7D');
    assert.doesNotMatch(await textOf('main'), /Delete/);
    await open(servers.viewer, 'group?job=kept');
    assert.match(await textOf('main'), /Copy curl/);
    assert.doesNotMatch(await textOf('main'), /Delete group|-X DELETE/);
    await open(servers.viewer, 'try');
    assert.match(await textOf('main'), /needs the right push/);
  },

  async aHundredThousandGroupsArePagedThrough() {
    await open(servers.large.groups, 'groups');
    assert.equal(await textOf('.view [role=status]'), '100,000 groups found');
    assert.equal((await page.$$('tbody tr')).length, 100);
    const first = await page.$eval('tbody a', link => link.href);
    await click('.paging a', /Next/);
    await page.waitForFunction(before => document.querySelector('tbody a').href !== before, {}, first);
    assert.match(await textOf('.paging'), /First page/);
    await page.type('input[name=search]', 'shard=99999');
    await until(() => textOf('.view [role=status]'), '1 group found');
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
    return {firstPaintMillis: Math.round(paint)};
  },

  async scrollingAHundredThousandGroupsIsSmooth() {
    await open(servers.large.groups, 'groups');
    const scrolling = await frames(async () => {
      for (let i = 0; i < 60; i++) {
        scrollBy(0, i < 30 ? 120 : -120);
        await new Promise(requestAnimationFrame);
      }
    });
    const paging = await frames(async () => {
      for (let i = 0; i < 5; i++) {
        const before = document.querySelector('tbody a').href;
        [...document.querySelectorAll('.paging a')].find(link => link.innerText.startsWith('Next')).click();
        while (document.querySelector('tbody a').href === before || document.querySelector('main').ariaBusy === 'true') {
          await new Promise(requestAnimationFrame);
        }
      }
    });
    // Also where other work keeps the machine busy.
    assert.ok(scrolling.half < 250, JSON.stringify(scrolling));
    assert.ok(paging.longest < 5000, JSON.stringify(paging));
    return {scrolling, paging};
  },

  async anyNodeOfAClusterTellsOfAllOfIt() {
    // A node has no lease for a moment now and then on a busy machine, and says so.
    for (const url of servers.cluster) {
      await until(async () => {
        await open(url, 'groups?search=of_cluster');
        return textOf('.view [role=status]');
      }, '60 groups found');
    }
    await until(async () => {
      await open(servers.cluster[0], 'cluster');
      const told = await textOf('main');
      return [/node-2/, /voters answer/, /Drain…/, /1 more node may fail without/].every(wanted => wanted.test(told)) || told;
    }, true);
  },

  async aNodeThatDoesNotLeadAGroupShowsAndDeletesIt() {
    await open(servers.cluster[0], 'cluster');
    const own = /told by (\S+)\./.exec(await textOf('main'))[1];
    assert.match(await page.$eval('.ring svg', ring => ring.getAttribute('aria-label')), /^Slots led: node-0 [\d,]+, node-1 [\d,]+, node-2 [\d,]+$/);
    let deleted = false;
    for (let n = 0; n < 9 && !deleted; n++) {
      await open(servers.cluster[0], `group?job=of_cluster&n=${n}`);
      const told = await textOf('main');
      if (/Led by node-/.test(told) && !told.includes(`Led by ${own}`)) {
        await click('button', 'Delete group…');
        await click('dialog button', 'Delete');
        await until(() => textOf('h1'), 'Groups');
        await open(servers.cluster[1], `group?job=of_cluster&n=${n}`);
        assert.match(await textOf('main'), /There is no such group/);
        deleted = true;
      }
    }
    assert.ok(deleted, 'each group is led by the node that was asked');
  },

  async axeFindsNothingSeriousInLightAndDark() {
    const script = require('node:fs').readFileSync(axe, 'utf8');
    const others = [[servers.cluster[0], 'cluster'], [servers.admin, 'try']];
    for (const [server, view] of [...VIEWS.map(each => [servers.plain, each]), ...others]) {
      await open(server, view);
      // The policy of the page lets no other script in but through the debugger.
      await page.evaluate(script);
      for (const scheme of ['light', 'dark']) {
        await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
        // Only colours differ.
        const only = scheme === 'light' ? {} : {runOnly: ['color-contrast']};
        const {violations} = await page.evaluate(
          options => axe.run(document, {resultTypes: ['violations'], ...options}), only);
        const serious = violations.filter(each => ['serious', 'critical'].includes(each.impact));
        assert.deepEqual(serious.map(each => `${each.id}: ${each.nodes[0].html}`), [], `${view} ${scheme}`);
      }
    }
  },

  async aNodeThatIsKilledWhileThePageIsOpenIsToldAndTheGroupsComeBack() {
    // Three windows: the cluster and the groups through a node that stays, and the groups through the one that is killed.
    const cluster = page;
    await open(servers.cluster[0], 'cluster');
    const groups = await anotherWindow();
    await open(servers.cluster[0], 'groups?search=of_cluster', '', groups);
    const count = await groups.evaluate(() => {
      scrollTo(0, 700);
      document.querySelector('tbody tr').dataset.mark = 'kept';
      getSelection().selectAllChildren(document.querySelector('tbody tr:nth-child(20) .label'));
      return document.querySelectorAll('tbody tr').length;
    });
    const own = await anotherWindow();
    await open(servers.cluster[2], 'groups?search=of_cluster', '', own);

    await order('kill');
    const ownIsTold = until(async () => {
      await refresh(own);
      return own.$eval('[role=alert]', alert => alert.innerText);
    }, 'What is shown may be old: the server does not answer');
    let isSilent = false;
    const silentIsTold = until(async () => {
      await refresh(cluster);
      isSilent = await cluster.$$eval('section[aria-label=Members] tbody tr', rows =>
        rows.some(each => each.innerText.startsWith('node-2') && /no answer|silent/.test(each.innerText)));
      return isSilent;
    }, true);
    // Until others lead what it led, the groups are those of before, and the page may say that they are old.
    const groupsComeBack = until(async () => {
      await refresh(groups);
      const [shown, place, mark, selected, fault] = await groups.evaluate(() => [document.querySelectorAll('tbody tr').length, scrollY,
        document.querySelector('tbody tr').dataset.mark, getSelection().toString(), document.querySelector('[role=alert]')?.innerText]);
      assert.equal(shown, count);
      assert.ok(place > 500, `scrolled to ${place}`);
      assert.equal(mark, 'kept');
      assert.match(selected, /job/);
      return isSilent && (fault || 'come back');
    }, 'come back');
    await Promise.all([ownIsTold, silentIsTold, groupsComeBack]);
    assert.equal((await own.$$('tbody tr')).length, count);
    assert.equal(await groups.$eval('.view [role=status]', found => found.innerText), `${count} groups found`);

    await open(servers.cluster[0], 'attention', '', cluster);
    await until(async () => {
      await refresh(cluster);
      return /node-2 at \S+ is no member any more/.test(await cluster.$eval('main', main => main.innerText));
    }, true);
    await open(servers.cluster[0], 'cluster', '', cluster);

    await order('start');
    await until(async () => {
      await refresh(own);
      return (await own.$('[role=alert]')) === null && own.$eval('.view [role=status]', told => told.innerText);
    }, `${count} groups found`);
    await until(async () => {
      await refresh(cluster);
      return /node-2.*ready/s.test(await cluster.$eval('section[aria-label=Members] tbody', body => body.innerText));
    }, true);
    faults = [];
  },
};

async function open(server, view = '', path = '', window = page) {
  // Another document each time, so that nothing is left of the one before; how a request of that one ends is not always told.
  await window.goto('about:blank');
  window.underway.clear();
  await window.goto(`${server}/${path}${view ? `#/${view}` : ''}`);
  await settled(window);
}

/** One more window of the same browser, for the rest of the claim. */
async function anotherWindow() {
  const window = await browser.newPage();
  await window.setViewport({width: 1280, height: 800});
  watch(window);
  others.push(window);
  return window;
}

/** Asks for the data at once, as a window does that is shown again; ends once it is drawn. */
async function refresh(window) {
  const asked = window.waitForRequest(request => request.url().includes('/api/v1/'));
  await window.evaluate(() => {
    // Only one window of a browser is in front.
    Object.defineProperty(document, 'hidden', {value: false, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await asked;
  await settled(window);
}

/** Has the test do something to the last node of the cluster. */
async function order(what) {
  const fs = require('node:fs');
  fs.writeFileSync(`${servers.order}.new`, what);
  fs.renameSync(`${servers.order}.new`, servers.order);
  while (fs.existsSync(servers.order)) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** Milliseconds between the frames while something is done in the page: the median, the 99th percentile, and the longest. */
async function frames(work) {
  const all = await page.evaluate(`(async () => {
    const found = [];
    let last = performance.now();
    let goesOn = true;
    const note = now => {
      found.push(now - last);
      last = now;
      if (goesOn) {
        requestAnimationFrame(note);
      }
    };
    requestAnimationFrame(note);
    await (${work})();
    goesOn = false;
    return found.slice(1).sort((a, b) => a - b);
  })()`);
  const at = part => Math.round(all[Math.min(all.length - 1, Math.floor(part * all.length))]);
  return {frames: all.length, half: at(0.5), most: at(0.99), longest: at(1)};
}

/** Until the view has its data, and nothing that this document asked for is under way for a moment. */
async function settled(window = page) {
  await window.waitForSelector('main[aria-busy=false]');
  const start = Date.now();
  for (let quiet = 0; quiet < 4; quiet = window.underway.size === 0 ? quiet + 1 : 0) {
    assert.ok(Date.now() - start < 60_000, `without an answer: ${[...window.underway].map(request => request.url())}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

async function textOf(selector) {
  return page.$eval(selector, element => element.innerText.replaceAll('\n', ' ').trim());
}

async function focused() {
  return page.evaluate(() => document.activeElement.innerText || '');
}

async function click(selector, wanted) {
  const isWanted = typeof wanted === 'string' ? text => text === wanted : text => wanted.test(text);
  for (let i = 0; i < 200; i++) {
    for (const element of await page.$$(selector)) {
      const text = await element.evaluate(each => each.innerText.replaceAll('\n', ' ').trim()).catch(() => '');
      if (isWanted(text)) {
        await element.click();
        return;
      }
    }
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  assert.fail(`nothing to click: ${selector} ${wanted}`);
}

async function until(ask, wanted) {
  let found;
  for (let i = 0; i < 400; i++) {
    found = await ask().catch(fault => fault.message);
    if (found === wanted) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  assert.equal(found, wanted);
}

/** Notes what a window asks for, and what it complains of. */
function watch(page) {
  // What the document that is shown has asked for, and has not got.
  page.underway = new Set();
  page.setDefaultTimeout(60_000);
  page.on('request', request => page.underway.add(request));
  page.on('requestfinished', request => page.underway.delete(request));
  page.on('requestfailed', request => page.underway.delete(request));
  page.on('pageerror', fault => faults.push(fault.message));
  page.on('console', message => {
    if (message.type() === 'error') {
      errors.push(`${message.text()} ${message.location().url}`);
    }
    // What the server refuses is shown, and the browser says it once more.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text());
    }
  });
}

async function check(name, claim) {
  const start = Date.now();
  page = await browser.newPage();
  await page.setViewport({width: 1280, height: 800});
  faults = [];
  errors = [];
  others = [];
  watch(page);
  try {
    const told = await claim();
    assert.deepEqual(faults, []);
    console.log(JSON.stringify({name, millis: Date.now() - start, ...told}));
  } catch (fault) {
    console.log(JSON.stringify({name, fault: String(fault.stack || fault)}));
  } finally {
    await Promise.all([page, ...others].map(window => window.close()));
  }
}

(async () => {
  browser = await puppeteer.launch({executablePath: program, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']});
  try {
    const only = process.argv[4];
    for (const [name, claim] of Object.entries(claims)) {
      if (!only || name === only) {
        await check(name, claim);
      }
    }
  } finally {
    await browser.close();
  }
})();
