#include <utility>

#include "base/text/remote_name.h"
#include "datasets/video/opening/live_open.h"
#include "datasets/video/opening/open_input.h"
#include "datasets/video/readers/container_reader.h"
#include "datasets/video/readers/frame_folder_reader.h"
#include "datasets/video/readers/looping_reader.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/readers/realtime_reader.h"
#include "datasets/video/source_options.h"
#include "datasets/video/source_policy.h"

namespace actionflow {

namespace {

// nullptr for what is no file on a server, and where the server gives no ranges of it.
std::shared_ptr<Input> open_in_ranges(const SourceOptions& options, SourceKind kind, const StopFlag& stop,
                                      const Clock& clock) {
  const bool file = kind == SourceKind::http && !options.live.value_or(!names_recording(options.source));
  if (!file && kind != SourceKind::object) return nullptr;
  auto input = std::make_shared<Input>(clock);
  input->deadline.watch(&stop);
  input->remote = RemoteInput::open(options.source, options.silence, input->deadline);
  if (!input->remote && kind == SourceKind::object)
    throw SourceError(without_credentials(options.source) +
                      ": its server gives no parts of files, expected one that answers Range");
  if (!input->remote) return nullptr;
  open_input(options, kind, *input);
  return input;
}

std::unique_ptr<Reader> open_at_full_speed(const SourceOptions& options, const StopFlag& stop,
                                           const Clock& clock) {
  const SourceKind kind = source_kind(options);
  if (kind == SourceKind::frame_folder) return std::make_unique<FrameFolderReader>(options, stop, clock);
  std::shared_ptr<Input> input = open_in_ranges(options, kind, stop, clock);
  if (input) return std::make_unique<ContainerReader>(std::move(input), options, kind, stop);
  if (kind == SourceKind::file || kind == SourceKind::standard_input) {
    input = std::make_shared<Input>(clock);
    input->deadline.watch(&stop);
    open_input(options, kind, *input);
  } else {
    input = open_live(options, kind, stop, clock);
  }
  return std::make_unique<ContainerReader>(std::move(input), options, kind, stop);
}

}  // namespace

std::unique_ptr<Reader> Reader::open(const SourceOptions& options, const StopFlag& stop, const Clock& clock) {
  const auto open_once = [options, &stop, &clock] { return open_at_full_speed(options, stop, clock); };
  std::unique_ptr<Reader> reader = open_once();
  if (options.loop && !reader->info().live)
    reader = std::make_unique<LoopingReader>(std::move(reader), open_once);
  if (reader->info().live && reader->info().in_pieces)
    return std::make_unique<RealtimeReader>(std::move(reader), stop, clock, Lateness::catch_up);
  if (!options.realtime || reader->info().live) return reader;
  return std::make_unique<RealtimeReader>(std::move(reader), stop, clock);
}

}  // namespace actionflow
