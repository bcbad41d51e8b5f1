// A video of a synthetic dataset: what is planned of it, and its pictures, drawn when they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace actionflow {

struct ClipPlan {
  std::size_t action = 0;  // of the scene's movements
  std::uint64_t seed = 1;
  std::uint32_t clip = 0;
  std::uint32_t figure = 0;
  std::uint32_t background = 0;
  int width = 192;
  int height = 144;
  double seconds = 0;  // of a stream, in which movements of all kinds follow each other; 0: a clip of one
};

// When a movement of a class is seen, in seconds.
struct FilmAction {
  std::size_t action = 0;  // of the scene's movements
  double start = 0, end = 0;
};

// Equal plans give equal bytes. A Film belongs to one thread.
class Film {
 public:
  virtual ~Film() = default;
  virtual int frames() const = 0;
  virtual double frame_rate() const = 0;
  // How it is recorded, as VideoWriterOptions has it.
  virtual int quality() const = 0;
  virtual const char* preset() const = 0;
  // By their starts, each of them whole.
  virtual std::vector<FilmAction> actions() const = 0;
  // Height × width × 3 bytes of RGB.
  virtual std::vector<std::uint8_t> frame(int index) const = 0;
};

}  // namespace actionflow
