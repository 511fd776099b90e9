from __future__ import annotations

from dataclasses import replace

from watcher.report.charts.plot import RAIL, RAIL_GAP, Axis, Plot, StateStrip


def test_a_plot_is_as_high_as_its_drawing_and_its_rails():
    bare = Plot(width=100, height=200, x=Axis(low=0, high=1), y=Axis(low=0, high=1))
    assert bare.whole_height == 200
    assert replace(bare, rails=(StateStrip(name="as of", segments=()),) * 2).whole_height == 200 + 2 * (RAIL + RAIL_GAP)
