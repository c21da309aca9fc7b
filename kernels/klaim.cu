// Every kernel, in one translation unit: what NVRTC, nvcc and the emulator compile.
#include "moments.cu"
#include "numeric/product.cu"
#include "posterior/controls.cu"
#include "posterior/draw.cu"
#include "posterior/grid.cu"
#include "posterior/mixture.cu"
#include "posterior/readout.cu"
#include "posterior/sums.cu"
