/* Streamlit makes an entry of the browser's history at every change of a setting, so that Back had to be pressed once
   for each. Settings belong to their page: an address of the same page replaces the one before, Back leaves the page. */
export default function () {
  const push = history.pushState;
  if (push.ofEquipoise) return;   // called again with each run

  function pushState(state, title, url) {
    const term = (address) => address.searchParams.get("term");   // of the guide: each is a place of its own
    const here = new URL(location.href), there = new URL(url ?? "", here);
    const same = here.pathname === there.pathname && (term(here) === term(there) || term(there) === null);
    (same ? history.replaceState : push).call(history, state, title, url);
  }
  pushState.ofEquipoise = true;
  history.pushState = pushState;
}
