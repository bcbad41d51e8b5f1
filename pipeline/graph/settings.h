// What a person changes on the page of a pipeline while it runs, laid over its file.
//
//   {"streams": {"yard": {"source": "rtsp://…"}}, "removed": ["door"],
//    "graph": {"actions": {"begin": 0.6, "none": ["walk"]}}, "web": {"overlay": {"classes": 1}}}
//
// A stream stands there whole and takes the place of the file's; options of nodes and of the overlay are
// merged key by key. Only kinds of nodes whose options may change while they run have any.
#pragma once

#include <string>
#include <vector>

#include "base/config/config.h"

namespace actionflow {

// Nodes that no longer stand in the file are passed over, and streams of the file that were removed left out;
// `warnings` says so of each.
config::Value with_settings(const config::Value& pipeline, const config::Value& settings,
                            std::vector<std::string>& warnings);

// The settings of the node `name`; null where it has none.
config::Value settings_of_node(const config::Value& settings, const std::string& name);

// Those of the page's overlay; null where there are none.
config::Value settings_of_overlay(const config::Value& settings);

}  // namespace actionflow
