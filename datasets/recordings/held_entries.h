// Entries of the frame cache that stay mapped, so that a clip costs no system calls and no page faults.
//
// Bounded by the bytes that are mapped, which count as this program's memory while they are looked at; those
// asked for longest ago go. Not thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "datasets/recordings/source_fingerprint.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

class HeldEntries {
 public:
  explicit HeldEntries(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // nullptr where it is not held, or holds another state of the source.
  std::shared_ptr<const VideoFrames> find(const std::string& name, const SourceFingerprint& fingerprint);
  void hold(const std::string& name, const SourceFingerprint& fingerprint,
            std::shared_ptr<const VideoFrames> frames);
  // A removed file takes room on the disk as long as it is mapped.
  void forget(const std::string& name);

 private:
  struct Held {
    std::string name;
    SourceFingerprint fingerprint;
    std::shared_ptr<const VideoFrames> frames;
    std::size_t bytes;
  };
  using Place = std::list<Held>::iterator;
  void drop(Place place);

  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::list<Held> recent_;  // the last asked for first
  std::unordered_map<std::string, Place> places_;
};

}  // namespace actionflow
