// How far a long job is: a bar on a terminal, a quiet line every ten seconds in a log.
//
//   Progress progress("decode", total_frames);   // 0: total unknown
//   progress.advance();
//   progress.finish();                           // or the destructor
//
// On a terminal:  decode [#########.......] 412/1000  41%  103/s  0:05 left
// Elsewhere:      decode: 412 of 1000, 103/s, 0:05 left
// with a note:    decode [#########.......] 412/1000  41%  103/s  0:05 left  loss 0.31
// of a part:      train: 412 of 1000, 103/s, epoch 0:05 left, run 1:10 left
// Nothing is shown where the log is quiet. advance() may be called from any thread; it costs an atomic
// addition between two redraws (ten a second).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/machine/clock.h"

namespace actionflow {

class Progress {
 public:
  struct Screen {
    bool terminal = false;
    int columns = 80;
    // On a terminal the line without its '\r'; else one line of the log.
    std::function<void(std::string_view)> show;
  };
  static Screen stderr_screen();

  explicit Progress(std::string name, std::int64_t total = 0, Screen screen = stderr_screen(),
                    const Clock& clock = Clock::system());
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::int64_t count = 1);
  // What the total is of, where the note says how long something else takes: "epoch 0:05 left". Before
  // advance() is called first.
  void set_part(std::string part) { part_ = std::move(part); }
  // What stands at the line's end from the next redraw on.
  void set_note(std::string note);
  // Draws the last state and leaves the line.
  void finish();

  std::int64_t done() const { return done_.load(std::memory_order_relaxed); }
  std::string line() const;

 private:
  void draw(bool last);
  std::string bar(int width) const;
  std::string note() const;

  std::string name_, part_;
  std::int64_t total_;
  Screen screen_;
  Stopwatch watch_;
  RateLimit redraw_;
  std::atomic<std::int64_t> done_{0};
  std::mutex mutex_;
  bool finished_ = false;
  mutable std::mutex note_mutex_;
  std::string note_;
};

// "1:02:03", "0:07"
std::string duration_text(double seconds);

}  // namespace actionflow
