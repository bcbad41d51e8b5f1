// What people say of events, as lists that `train` reads, beside the clips.
//
//   FOLDER/labelled.txt         clips/12.mp4 fall             a clip and its label
//   FOLDER/labelled_times.txt   clips/12.mp4 2.04 3.96 fall   with where in the clip it happens
//
// A clip of an event that is none of the classes stands in the second one by its path alone: nothing happens
// there. Throws Error where they cannot be written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "nodes/store/event_table.h"

namespace actionflow {

// Whether it can stand in a list, and on a page: UTF-8 on one line, without blanks at its ends, at most 100
// bytes. An empty one says that the event is none of the classes.
bool is_label(const std::string& label);

// Both lists, as the table has it.
void write_labelled_clips(const std::filesystem::path& folder, EventTable& table);

}  // namespace actionflow
