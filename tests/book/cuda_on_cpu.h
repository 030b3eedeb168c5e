// Just enough of CUDA, on the CPU, to run the program of chapter 4 under a memory checker.
// The launch `kernel<<<blocks, threads>>>(arguments);` must be written as
// `on_every_thread(blocks, threads, [&] { kernel(arguments); });` first.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#define __global__

struct Index { unsigned x; };
static Index blockIdx, blockDim, threadIdx, gridDim;

enum cudaError_t { cudaSuccess, cudaErrorInvalidConfiguration };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
static cudaError_t last_error = cudaSuccess;

inline cudaError_t cudaGetLastError() { return last_error; }
inline const char* cudaGetErrorString(cudaError_t error)
{
    return error == cudaSuccess ? "no error" : "invalid configuration argument";
}

template <class T> void cudaMalloc(T** memory, size_t bytes)
{
    *memory = static_cast<T*>(std::malloc(bytes));
}
inline void cudaFree(void* memory) { std::free(memory); }
inline void cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind)
{
    if (bytes) std::memcpy(to, from, bytes);
}

template <class Kernel> void on_every_thread(int blocks, int threads, Kernel kernel)
{
    if (blocks < 1 || threads < 1 || threads > 1024) {
        last_error = cudaErrorInvalidConfiguration;
        return;
    }
    std::vector<unsigned> order(static_cast<size_t>(blocks) * threads);
    for (size_t k = 0; k < order.size(); ++k) order[k] = k;
    std::shuffle(order.begin(), order.end(), std::mt19937(4));  // no order is promised
    gridDim.x = blocks;
    blockDim.x = threads;
    for (unsigned k : order) {
        blockIdx.x = k / threads;
        threadIdx.x = k % threads;
        kernel();
    }
}
