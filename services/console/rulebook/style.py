"""The look of the rulebook's pages: a print-friendly sheet of our own, no font or picture from elsewhere."""

STYLE = """\
:root { --ink: #1c2430; --soft: #5b6675; --rule: #d5dae1; --paper: #fff; --band: #f4f6f8;
  --solid: #1f4e79; --fair: #8fb4d8; --shaky: #e3c27a; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1, h2, h3 { line-height: 1.2; margin: 2rem 0 .5rem; }
h1 { font-size: 1.9rem; margin-top: 0; }
h2 { font-size: 1.35rem; border-top: 1px solid var(--rule); padding-top: 1.5rem; }
h2:has(> a) { font-size: 1.15rem; border: 0; padding: 0; }
h2 small { display: block; font-weight: 400; font-size: .95rem; color: var(--soft); }
a { color: #1f4e79; }
nav, .about, .note { color: var(--soft); overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.25rem; font-size: .93rem; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--rule);
  overflow-wrap: anywhere; }
th { font-weight: 600; color: var(--soft); white-space: nowrap; overflow-wrap: normal; }
th[scope=row] { width: 18rem; }
td.name { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .86rem; }
td.outcome { font-weight: 600; }
td.cases { min-width: 4rem; }
.table { overflow-x: auto; }
.tag { display: inline-block; padding: 0 .5rem; border-radius: .75rem; font-size: .82rem; color: #fff; }
.tag.solid { background: var(--solid); } .tag.fair { background: var(--fair); color: var(--ink); }
.tag.shaky { background: var(--shaky); color: var(--ink); }
svg.timeline { width: 100%; height: auto; margin: .25rem 0 .75rem; background: var(--band); }
svg text { font: 11px ui-monospace, Menlo, Consolas, monospace; fill: var(--ink); }
svg text.year { fill: var(--soft); text-anchor: middle; } svg line.year { stroke: var(--rule); }
svg rect { stroke: var(--paper); stroke-width: 1; }
svg rect.solid { fill: var(--solid); } svg text.solid { fill: #fff; }
svg rect.fair { fill: var(--fair); } svg rect.shaky { fill: var(--shaky); }
svg a:hover rect, svg a:focus rect { stroke: var(--ink); stroke-width: 2; }
details { margin: .15rem 0; } summary { cursor: pointer; color: var(--soft); }
details ul { margin: .25rem 0; padding-left: 1.1rem; }
:target { background: #fff8e1; }
@media print { body { max-width: none; font-size: 11px; } nav { display: none; } h2 { break-before: page; } }
"""
