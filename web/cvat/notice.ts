const NOTICE_MS = 12_000;

/** Says something at the top of the page, until it is clicked or has been there long enough to be read. */
function showNotice(text: string): void {
  const notice = document.createElement('div');
  notice.setAttribute('role', 'status');
  notice.textContent = `SAMRefiner: ${text}`;
  Object.assign(notice.style, {
    ...{ position: 'fixed', top: '64px', left: '50%', transform: 'translateX(-50%)', maxWidth: '60ch' },
    ...{ padding: '8px 16px', borderRadius: '6px', boxShadow: '0 2px 8px rgba(0,0,0,.3)', zIndex: '2000' },
    ...{ background: '#fff', color: '#222', font: '14px sans-serif', cursor: 'pointer' },
  });
  notice.addEventListener('click', () => notice.remove());
  document.body.append(notice);
  setTimeout(() => notice.remove(), NOTICE_MS);
}
