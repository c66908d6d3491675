// Views as values: h() describes an element, and render() makes the document equal to the description.
// Elements that stay are kept, with their focus, selection and scroll position.
// Texts become text nodes and attributes; nothing is ever parsed as markup.

const SVG = 'http://www.w3.org/2000/svg';

/** An element. Properties: attributes, `on...` listeners, and `key`, which says what stays the same. */
export function h(tag, props, ...children) {
  return {tag, props: props || {}, children: children.flat(Infinity).filter(isShown)};
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== '';
}

/** Makes the children of an element those that are described. */
export function render(parent, ...views) {
  patchChildren(parent, views.flat(Infinity).filter(isShown));
}

function patchChildren(parent, views) {
  const wanted = new Set(views.map(view => view.tag && view.props.key));
  const keyed = new Map();
  for (const node of [...parent.childNodes]) {
    if (node.viewKey === undefined) {
      continue;
    }
    if (wanted.has(node.viewKey)) {
      keyed.set(node.viewKey, node);
    } else {
      // Before those after it are looked at: one that is moved over it loses focus and selection.
      node.remove();
    }
  }
  let at = parent.firstChild;
  for (const view of views) {
    const key = view.tag && view.props.key;
    const found = key === undefined ? at : keyed.get(key);
    if (found && fits(found, view, key)) {
      if (found === at) {
        at = at.nextSibling;
      } else {
        parent.insertBefore(found, at);
      }
      patch(found, view);
    } else {
      parent.insertBefore(create(parent, view), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function fits(node, view, key) {
  if (!view.tag) {
    return node.nodeType === Node.TEXT_NODE;
  }
  return node.localName === view.tag && node.viewKey === key;
}

function create(parent, view) {
  if (!view.tag) {
    return document.createTextNode(view);
  }
  const isSvg = view.tag === 'svg' || parent.namespaceURI === SVG;
  const node = isSvg
    ? document.createElementNS(SVG, view.tag)
    : document.createElement(view.tag);
  node.viewKey = view.props.key;
  node.viewProps = {};
  patch(node, view);
  return node;
}

function patch(node, view) {
  if (!view.tag) {
    if (node.data !== String(view)) {
      node.data = view;
    }
    return;
  }
  const before = node.viewProps;
  node.viewProps = view.props;
  for (const name of Object.keys(before)) {
    if (!(name in view.props)) {
      setProperty(node, name, undefined);
    }
  }
  patchChildren(node, view.children);
  // After the children, as a select can only have the value of an option that is there.
  for (const [name, value] of Object.entries(view.props)) {
    setProperty(node, name, value, before[name]);
  }
}

function setProperty(node, name, value, before) {
  if (name === 'key') {
    return;
  }
  if (name.startsWith('on')) {
    node[name] = value || null;
  } else if (name === 'value' || name === 'checked') {
    // What a user is typing stays, unless the view says something new.
    if (value !== before && node[name] !== value) {
      node[name] = value;
    }
  } else if (name === 'open') {
    // Details and dialogs are opened by their users; a view says it once.
    if (value !== before) {
      node.open = Boolean(value);
    }
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    const text = value === true ? '' : String(value);
    if (node.getAttribute(name) !== text) {
      node.setAttribute(name, text);
    }
  }
}
