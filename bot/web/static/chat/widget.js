// Chat button for other sites:
//   <script src="https://host/widget.js" data-unit="xa-tan-an" async></script>
//
// Adds one round button; it opens /chat of the same host in an iframe. Built in
// a shadow root with styles set through element.style only: no stylesheet, no
// HTML string, so it neither touches the styles of the site nor breaks its CSP
// (the site must only allow this host in script-src and frame-src).
(function () {
  'use strict';

  if (window.__thanThienWidget) return; // included twice
  const script = document.currentScript || document.querySelector('script[src*="/widget.js"][data-unit]');
  const unit = script && script.getAttribute('data-unit');
  if (!unit) return;
  const origin = new URL(script.src, location.href).origin;
  window.__thanThienWidget = true;

  const PRIMARY = '#0b5566';
  const OPEN_LABEL = 'Mở trợ lý ảo Thân Thiện';
  const CLOSE_LABEL = 'Đóng trợ lý ảo Thân Thiện';
  const TITLE = 'Trợ lý ảo Thân Thiện';
  const phone = window.matchMedia('(max-width: 600px), (max-height: 480px)');
  let iframe = null;
  let ready = false; // the page in the iframe listens
  let open = false;
  let savedOverflow = '';

  function make(tag, attributes, style) {
    const node = document.createElement(tag);
    for (const name of Object.keys(attributes)) node.setAttribute(name, attributes[name]);
    Object.assign(node.style, style);
    return node;
  }

  function shape(tag, attributes, parent) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const name of Object.keys(attributes)) node.setAttribute(name, attributes[name]);
    parent.appendChild(node);
    return node;
  }

  function makeIcon(size, shapes) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const attributes = { viewBox: '0 0 64 64', width: size, height: size, 'aria-hidden': 'true', focusable: 'false' };
    for (const name of Object.keys(attributes)) svg.setAttribute(name, attributes[name]);
    svg.style.pointerEvents = 'none';
    for (const [tag, values] of shapes) shape(tag, values, svg);
    return svg;
  }

  const chatIcon = makeIcon(40, [
    ['path', { d: 'M32 9C18.2 9 7 17.9 7 29.5c0 6.8 3.9 12.7 9.8 16.5L15 56l11.1-6.5c1.9.4 3.9.5 5.9.5 13.8 0 25-9 25-20.5S45.8 9 32 9z', fill: '#fffaf0' }],
    ['circle', { cx: 23, cy: 25.5, r: 3.6, fill: PRIMARY }],
    ['circle', { cx: 41, cy: 25.5, r: 3.6, fill: PRIMARY }],
    ['path', { d: 'M21 33.5c2.6 5.5 6.6 7.7 11 7.7s8.4-2.2 11-7.7', fill: 'none', stroke: '#e08a1e', 'stroke-width': 4.5, 'stroke-linecap': 'round' }],
  ]);
  const closeIcon = makeIcon(26, [
    ['path', { d: 'M14 14 50 50M50 14 14 50', stroke: '#ffffff', 'stroke-width': 7, 'stroke-linecap': 'round' }],
  ]);

  // The host element has no box of its own; `all: initial` keeps styles out.
  const host = document.createElement('div');
  const show = (display) => host.style.setProperty('display', display, 'important');
  host.style.setProperty('all', 'initial', 'important');
  show('contents');
  const root = host.attachShadow({ mode: 'open' });
  host.setAttribute('lang', 'vi');

  const panel = make('div', { role: 'dialog', 'aria-label': TITLE }, {
    position: 'fixed', zIndex: '2147483646', display: 'none', overflow: 'hidden', background: '#f4f7f6',
  });
  const button = make('button', { type: 'button', 'aria-expanded': 'false', 'aria-label': OPEN_LABEL, title: OPEN_LABEL }, {
    position: 'fixed', zIndex: '2147483647', display: 'flex', alignItems: 'center', justifyContent: 'center',
    boxSizing: 'border-box', margin: '0', padding: '0', border: '2px solid #ffffff', borderRadius: '50%',
    background: PRIMARY, color: '#ffffff', cursor: 'pointer',
    boxShadow: '0 4px 16px rgba(0, 25, 32, 0.35)', touchAction: 'manipulation',
  });
  const guards = [0, 1].map(() => make('span', {}, { position: 'fixed', width: '1px', height: '1px', opacity: '0' }));

  function layout() {
    const full = phone.matches;
    Object.assign(panel.style, full
      ? { left: '0', top: '0', right: '0', bottom: '0', width: '100%', height: '100%', borderRadius: '0', boxShadow: 'none' }
      : {
        left: 'auto', top: 'auto', right: '20px', bottom: '20px', borderRadius: '18px',
        width: '400px', height: 'min(680px, calc(100% - 40px))', boxShadow: '0 12px 48px rgba(0, 25, 32, 0.35)',
      });
    const size = open ? '46px' : '64px';
    Object.assign(button.style, { width: size, height: size });
    // One button: at the corner of the page, or of the open panel's header.
    Object.assign(button.style, open
      ? {
        top: full ? 'calc(7px + env(safe-area-inset-top, 0px))' : 'auto', right: full ? '9px' : '29px',
        bottom: full ? 'auto' : 'calc(20px + min(680px, 100% - 40px) - 53px)',
        boxShadow: 'none', borderColor: 'rgba(255, 255, 255, 0.45)',
      }
      : {
        top: 'auto', right: 'calc(18px + env(safe-area-inset-right, 0px))', bottom: 'calc(18px + env(safe-area-inset-bottom, 0px))',
        boxShadow: '0 4px 16px rgba(0, 25, 32, 0.35)', borderColor: '#ffffff',
      });
    panel.setAttribute('aria-modal', String(full));
    guards.forEach((guard) => {
      if (open && full) guard.setAttribute('tabindex', '0');
      else guard.removeAttribute('tabindex');
    });
    // The page behind a full-screen panel must not scroll.
    const page = document.documentElement.style;
    if (open && full && !host.dataset.locked) {
      savedOverflow = page.overflow;
      page.overflow = 'hidden';
      host.dataset.locked = '1';
    } else if (!(open && full) && host.dataset.locked) {
      page.overflow = savedOverflow;
      delete host.dataset.locked;
    }
  }

  function tell(type) {
    if (iframe && ready) iframe.contentWindow.postMessage({ source: 'thanthien-widget', type }, origin);
  }

  function makeFrame() {
    iframe = make('iframe', { title: TITLE, allow: 'clipboard-write' }, {
      display: 'block', width: '100%', height: '100%', border: '0', margin: '0', colorScheme: 'normal',
    });
    iframe.src = `${origin}/chat?embed=1&unit=${encodeURIComponent(unit)}`;
    panel.appendChild(iframe);
  }

  function setOpen(value) {
    if (open === value) return;
    open = value;
    if (open && !iframe) makeFrame();
    panel.style.display = open ? 'block' : 'none';
    const label = open ? CLOSE_LABEL : OPEN_LABEL;
    button.setAttribute('aria-expanded', String(open));
    button.setAttribute('aria-label', label);
    button.title = label;
    button.replaceChild(open ? closeIcon : chatIcon, button.firstChild);
    layout();
    if (open) iframe.focus();
    else button.focus();
    tell(open ? 'opened' : 'closed');
  }

  button.appendChild(chatIcon);
  button.addEventListener('click', () => setOpen(!open));
  button.addEventListener('focus', () => {
    if (button.matches(':focus-visible')) Object.assign(button.style, { outline: '3px solid #ffb84d', outlineOffset: '2px' });
  });
  button.addEventListener('blur', () => { button.style.outline = 'none'; });
  guards[0].addEventListener('focus', () => iframe && iframe.focus());
  guards[1].addEventListener('focus', () => button.focus());
  document.addEventListener('keydown', (event) => {
    if (open && event.key === 'Escape' && !event.defaultPrevented) setOpen(false);
  });
  window.addEventListener('message', (event) => {
    if (!iframe || event.source !== iframe.contentWindow || event.origin !== origin) return;
    if (!event.data || event.data.source !== 'thanthien-chat') return;
    if (event.data.type === 'close') setOpen(false);
    if (event.data.type === 'ready') {
      ready = true;
      tell(open ? 'opened' : 'closed');
    }
  });
  if (phone.addEventListener) phone.addEventListener('change', layout);
  else phone.addListener(layout); // old Safari
  window.addEventListener('beforeprint', () => show('none'));
  window.addEventListener('afterprint', () => show('contents'));

  root.append(guards[0], button, panel, guards[1]);
  layout();
  const attach = () => document.body.appendChild(host);
  if (document.body) attach();
  else document.addEventListener('DOMContentLoaded', attach);
}());
